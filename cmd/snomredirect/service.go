package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/crypto/ssh"

	"snomredirect/redirect"
	"snomredirect/redirect/rds"
	"snomredirect/sshconsole"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
	"snomredirect/store/passwords"
)

// backend is what the servers together need of a store.
type backend interface {
	redirect.Finder
	rds.Phones
	shell.Registry
}

var (
	_ backend        = (*bolt.DB)(nil)
	_ contacts.Store = (*bolt.Contacts)(nil)

	_ passwords.KnownStore = (*bolt.Contacts)(nil)

	_ shell.Contacts = (*contacts.Recorder)(nil)
)

// A service is what the servers share: the open store and all that the flags
// name, read from its files.
type service struct {
	flags       *serve
	log         *slog.Logger
	publicNames store.PublicNames
	adminKeys   []store.Key
	certificate *certificate   // nil without --tls-cert
	phoneCAs    *x509.CertPool // nil without --phone-ca
	rdsTLS      *tls.Config    // nil without --rds or with --rds-plain
	hostKey     ssh.Signer

	metrics      *metrics
	db           *bolt.DB
	lastContacts *bolt.Contacts
	recorder     *contacts.Recorder
	turns        *turns // for pages of phones and of the history
	passwords    *passwords.Checker
	saveKnown    func() // saves the known hosts and stops saving them
}

// open reads the files that the flags name, and opens the data folder.
func (s *serve) open(log *slog.Logger) (v *service, err error) {
	v = &service{flags: s, log: log, metrics: newMetrics(), turns: newTurns()}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.close())
		}
	}()
	// First what may be mistyped, so that a failure leaves no new folder.
	if v.publicNames, err = store.NewPublicNames(s.PublicName...); err != nil {
		return v, err
	}
	if v.adminKeys, err = readAdminKeys(s.AdminKey); err != nil {
		return v, err
	}
	if v.certificate, v.phoneCAs, err = s.readCertificates(log); err != nil {
		return v, err
	}

	if v.db, err = bolt.Open(s.Data, bolt.Config{Hold: s.Hold, Quota: s.Quota, Committed: v.metrics.committed}); err != nil {
		return v, err
	}
	v.passwords = passwords.New(v.db)
	if v.lastContacts, err = bolt.OpenContacts(s.Data, log); err != nil {
		return v, err
	}
	v.saveKnown = v.passwords.Keep(v.lastContacts, log, v.guard)
	v.recorder = contacts.New(contacts.Config{Store: v.lastContacts, Log: log, Flushed: v.metrics.flush})
	if v.hostKey, err = loadHostKey(filepath.Join(s.Data, "ssh_host_ed25519_key")); err != nil {
		return v, err
	}
	v.rdsTLS, err = s.newRDSTLS(v.certificate, log)
	return v, err
}

// close closes what open has opened. The recorder's last contacts are written
// before their file is closed.
func (v *service) close() (err error) {
	if v.recorder != nil {
		v.recorder.Close()
	}
	if v.saveKnown != nil {
		v.saveKnown()
	}
	if v.lastContacts != nil {
		err = v.lastContacts.Close()
	}
	if v.db != nil {
		err = errors.Join(err, v.db.Close())
	}
	return err
}

// guard runs f in the background of the service. A panic in f is recovered, logged and
// counted; ok reports whether f returned.
func (v *service) guard(where string, f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			v.metrics.backgroundPanic()
			v.log.Error("panic", "in", where, "error", r, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// newServers returns the HTTP servers for the listeners that are open. Profiles
// end with ctx.
func (v *service) newServers(ctx context.Context, ls listeners) (servers []httpServer) {
	phones := redirect.New(v.phones())
	if l := ls.on("http"); l != nil {
		servers = append(servers, newPhoneServer(l, phones, nil, v.log))
	}
	if l := ls.on("https"); l != nil {
		servers = append(servers, newPhoneServer(l, phones, newTLSConfig(v.certificate, v.phoneCAs), v.log))
	}
	if l := ls.on("rds"); l != nil {
		servers = append(servers, newRDSServer(l, rds.Config{
			Phones:      v.db,
			Login:       v.passwords.Check,
			PublicNames: v.publicNames,
			Contact:     v.recorder.Contact,
			Turn:        v.turns.take,
			Log:         v.log,
			Observe:     v.metrics.call,
		}, v.rdsTLS))
	}
	if l := ls.on("metrics"); l != nil {
		servers = append(servers, newMetricsServer(ctx, l, v.metrics.registry, v.log))
	}
	return servers
}

func (v *service) phones() redirect.Config {
	return redirect.Config{
		Finder:           v.db,
		PublicNames:      v.publicNames,
		PhoneAuthorities: v.phoneCAs,
		Claim:            v.db.ProveClaim,
		RequireProof:     v.flags.RequirePhoneCert,
		Log:              v.log,
		OnContact:        v.recorder.Record,
		Observe:          v.metrics.request,
	}
}

// claimURL returns what begins the URL at which phones prove claims, or "" if they
// can't.
func (v *service) claimURL() string {
	switch {
	case v.phoneCAs == nil:
		return ""
	case len(v.flags.PublicName) == 0:
		return "https://<name-of-this-service>" + redirect.ClaimPath
	}
	return "https://" + v.flags.PublicName[0] + redirect.ClaimPath
}

func (v *service) newConsole() *sshconsole.Server {
	explain := redirect.Explainer(v.phones())
	return sshconsole.NewServer(sshconsole.Config{
		Shell: shell.New(shell.Config{
			Registry:    v.db,
			PublicNames: v.publicNames,
			Contacts:    v.recorder,
			Explain: func(path, userAgent string) shell.Explanation {
				return shell.Explanation(explain(path, userAgent))
			},
			ClaimURL: v.claimURL(),
			Turn:     v.turns.take,
		}),
		Accounts:       v.db,
		HostKey:        v.hostKey,
		Password:       v.passwords.Check,
		LoggedIn:       v.passwords.Remember,
		Legacy:         v.flags.SSHLegacy,
		Log:            v.log,
		LogRefusal:     newLogLimit().allow,
		LogNegotiation: newLogLimit().allow,
		ObserveLogin:   v.metrics.login,
		ObserveSession: v.metrics.session,
		ObservePanic:   v.metrics.consolePanic,
	})
}

// warnOfLoops logs the accounts whose setting server is this service itself: a
// public name may have been added after the setting server.
func (v *service) warnOfLoops() {
	accounts, err := v.db.Accounts()
	if err != nil {
		v.log.Error("accounts", "error", err)
	}
	for _, a := range accounts {
		if v.publicNames.Contains(a.SettingServer) {
			v.log.Warn("setting server points back at this service: its phones get the empty file", "account", a.Name, "setting_server", a.SettingServer)
		}
	}
}
