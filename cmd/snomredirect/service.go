package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/crypto/ssh"

	"snomredirect/macaddr"
	"snomredirect/redirect"
	"snomredirect/redirect/files"
	"snomredirect/redirect/rds"
	"snomredirect/redirect/scan"
	"snomredirect/redirect/sraps"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/apikeys"
	"snomredirect/store/bolt"
	"snomredirect/store/census"
	"snomredirect/store/contacts"
	"snomredirect/store/etcd"
	"snomredirect/store/passwords"
)

// backend is what the servers together need of a store.
type backend interface {
	redirect.Finder
	rds.Phones
	sraps.Phones
	sraps.Profiles
	shell.Registry
	files.Store
}

var (
	_ backend        = (*bolt.DB)(nil)
	_ backend        = (*etcd.Node)(nil)
	_ contacts.Store = (*bolt.Contacts)(nil)

	_ passwords.KnownStore = (*bolt.Contacts)(nil)

	_ shell.Contacts = (*contacts.Recorder)(nil)
	_ etcd.Contacts  = (*contacts.Recorder)(nil)
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

	metrics         *metrics
	db              *bolt.DB
	node            *etcd.Node // whose replica db is; nil without --etcd
	accountsChanged callback   // on another node
	lastContacts    *bolt.Contacts
	recorder        *contacts.Recorder
	stopSharing     func()        // of contacts with other nodes; may be nil
	scans           *scan.Limiter // nil with --scan-limit 0
	turns           *turns        // for pages of phones and of the history
	passwords       *passwords.Checker
	saveKnown       func()          // saves the known hosts and stops saving them
	apiKeys         *apikeys.Keeper // nil without --sraps
	sraps           http.Handler    // nil without --sraps
	census          *census.Census
	backups         *backups
	started         time.Time
	requests        requestCounts
	proxies         proxies
	logBudget       *logBudget
	openFiles       openFiles
	secureURL       string // of this service over HTTPS, or ""
}

// open reads the files that the flags name, and opens the data folder.
func (s *serve) open(ctx context.Context, log *slog.Logger) (v *service, err error) {
	v = &service{flags: s, log: log, logBudget: &logBudget{log: log}, started: time.Now(), metrics: newMetrics(), turns: newTurns()}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.close())
		}
	}()
	// First what may be mistyped, so that a failure leaves no new folder.
	if v.publicNames, err = store.NewPublicNames(s.PublicName...); err != nil {
		return v, err
	}
	if v.proxies, err = parseProxies(s.TrustedProxy); err != nil {
		return v, err
	}
	if v.adminKeys, err = readAdminKeys(s.AdminKey); err != nil {
		return v, err
	}
	if v.certificate, v.phoneCAs, err = s.readCertificates(log); err != nil {
		return v, err
	}

	if err = checkWhole(s.Data); err != nil {
		return v, err
	}
	if err = v.openDatabase(ctx, bolt.Config{Hold: s.Hold, Quota: s.Quota, Default: s.defaultServer(), FileSpace: int(s.FilesSpace), FileCount: s.FilesCount, Committed: v.metrics.committed, CommitFailed: v.metrics.commitFailures.Inc, Log: log}); err != nil {
		return v, err
	}
	v.passwords = passwords.New(v.db)
	if v.lastContacts, err = bolt.OpenContacts(s.Data, log); err != nil {
		return v, err
	}
	v.saveKnown = v.passwords.Keep(v.lastContacts, log, v.guard)
	v.openRecorder()
	v.census = census.New(census.Config{Phones: v.db.Phones, CountPhones: v.db.CountPhones, Contact: v.recorder.Contact, Guard: v.guard, Log: log})
	if s.ScanLimit > 0 {
		v.scans = scan.New(scan.Config{Limit: s.ScanLimit, Refill: s.ScanRefill, Knows: v.recorder.Knows, Owner: v.ownerOf, Report: v.db.AddEntries, Guard: v.guard, Log: log})
	}
	if v.hostKey, err = v.openHostKey(ctx); err != nil {
		return v, err
	}
	if err = v.openAPIKeys(ctx); err != nil {
		return v, err
	}
	v.backups = openBackups(s.Data, v.db.Copy, log)
	v.rdsTLS, err = v.newRDSTLS(ctx)
	return v, err
}

// ownerOf returns the account that has registered a phone, or store.ErrNotFound.
func (v *service) ownerOf(mac macaddr.Addr) (store.AccountID, error) {
	p, err := v.db.Phone(mac)
	if err == nil && p.Held() {
		err = store.ErrNotFound
	}
	return p.Owner, err
}

// known reports whether a phone is registered or on hold.
func (v *service) known(mac macaddr.Addr) (bool, error) {
	_, err := v.db.Phone(mac)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// close closes what open has opened. The recorder's last contacts and the last scans
// are written before their files are closed.
func (v *service) close() (err error) {
	if v.scans != nil {
		v.scans.Close()
	}
	if v.census != nil {
		v.census.Close()
	}
	if v.recorder != nil {
		v.recorder.Close()
	}
	if v.stopSharing != nil {
		v.stopSharing()
	}
	if v.saveKnown != nil {
		v.saveKnown()
	}
	if v.lastContacts != nil {
		err = v.lastContacts.Close()
	}
	switch {
	case v.node != nil:
		err = errors.Join(err, v.node.Close())
	case v.db != nil:
		err = errors.Join(err, v.db.Close())
	}
	return err
}

// newServers returns the HTTP servers for the listeners that are open. Profiles
// end with ctx.
func (v *service) newServers(ctx context.Context, ls listeners) (servers []httpServer) {
	phones := redirect.New(v.phones())
	add := func(flag string, server func(net.Listener) httpServer) {
		if l := ls.on(flag); l != nil {
			s := server(l)
			s.stop = l.Stop
			servers = append(servers, s)
		}
	}
	add("http", func(l net.Listener) httpServer {
		return newPhoneServer(v.limit(l, "http"), v.proxies.handler(phones), nil)
	})
	add("https", func(l net.Listener) httpServer {
		return newPhoneServer(v.limit(l, "https"), v.proxies.handler(v.withSRAPS(phones)), newTLSConfig(v.certificate, v.phoneCAs))
	})
	add("rds", func(l net.Listener) httpServer {
		return newRDSServer(v.limit(l, "rds"), rds.Config{
			Phones:      v.db,
			Login:       v.passwords.Check,
			PublicNames: v.publicNames,
			Fresh:       v.fresh(),
			Contact:     v.recorder.Contact,
			Turn:        v.turns.take,
			Log:         v.log,
			Observe:     v.observeCall,
		}, v.rdsTLS, func(h http.Handler) http.Handler { return v.proxies.handler(v.withSRAPS(h)) })
	})
	add("files", func(l net.Listener) httpServer { return v.newFilesServer(l) })
	add("metrics", func(l net.Listener) httpServer { return newMetricsServer(ctx, l, v.metrics.registry, v.log) })
	for _, s := range servers {
		s.server.ErrorLog = newErrorLog(v.log, newLogLimit(v.logBudget))
	}
	return servers
}

func (v *service) phones() redirect.Config {
	return redirect.Config{
		Finder:           v.db,
		Refusing:         v.refusing,
		PublicNames:      v.publicNames,
		Default:          v.db.Default,
		PhoneAuthorities: v.phoneCAs,
		Claim:            v.db.ProveClaim,
		RequireProof:     v.flags.RequirePhoneCert,
		SecureURL:        v.secureURL,
		Scans:            v.scans,
		Log:              v.log,
		OnContact:        v.record,
		Observe:          v.observeRequest,
	}
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
