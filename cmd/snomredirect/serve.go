package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"

	"snomredirect/redirect"
	"snomredirect/redirect/rds"
	"snomredirect/sshconsole"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
	"snomredirect/store/passwords"
)

type serve struct {
	Data             string        `env:"SNOMREDIRECT_DATA" default:"./data" placeholder:"FOLDER" help:"Keep everything in this folder (${default})."`
	HTTP             string        `name:"http" env:"SNOMREDIRECT_HTTP" default:":8080" placeholder:"ADDRESS" help:"Answer phones here (${default}); port 0 takes a free one, an empty address none."`
	HTTPS            string        `name:"https" env:"SNOMREDIRECT_HTTPS" placeholder:"ADDRESS" help:"Answer phones here over HTTPS, too."`
	TLSCert          string        `name:"tls-cert" env:"SNOMREDIRECT_TLS_CERT" placeholder:"FILE" help:"The certificate for HTTPS, in PEM, with those between it and its authority behind it. Read again when it changes."`
	TLSKey           string        `name:"tls-key" env:"SNOMREDIRECT_TLS_KEY" placeholder:"FILE" help:"The key of --tls-cert, in PEM."`
	PhoneCA          string        `name:"phone-ca" env:"SNOMREDIRECT_PHONE_CA" placeholder:"FILE" help:"Take a phone's certificate that these authorities have signed, in PEM, for proof of its MAC."`
	RequirePhoneCert bool          `name:"require-phone-cert" env:"SNOMREDIRECT_REQUIRE_PHONE_CERT" help:"Redirect over HTTPS only phones that have proven their MAC."`
	RDS              string        `name:"rds" env:"SNOMREDIRECT_RDS" placeholder:"ADDRESS" help:"Serve snom's XML-RPC API here, to partners' tools: over HTTPS, with --tls-cert or a certificate that is made once."`
	RDSPlain         bool          `name:"rds-plain" env:"SNOMREDIRECT_RDS_PLAIN" help:"Serve --rds over plain HTTP, on a loopback address alone."`
	SSH              string        `name:"ssh" env:"SNOMREDIRECT_SSH" default:":2222" placeholder:"ADDRESS" help:"Serve the console here (${default}); port 0 takes a free one."`
	Metrics          string        `env:"SNOMREDIRECT_METRICS" placeholder:"ADDRESS" help:"Tell Prometheus how it goes here, and serve profiles; no password is asked for."`
	AdminKey         []string      `env:"SNOMREDIRECT_ADMIN_KEY" sep:"none" placeholder:"KEY" help:"Let this public key in as the operator admin, who is made anew if missing: a file, or a line as in authorized_keys. Repeatable."`
	PublicName       []string      `env:"SNOMREDIRECT_PUBLIC_NAME" placeholder:"HOST" help:"A host name under which phones reach this service: none is ever sent back there. Repeatable."`
	Hold             time.Duration `env:"SNOMREDIRECT_HOLD" default:"10m" placeholder:"TIME" help:"Hold a deregistered phone for its last owner this long (${default}); 0 holds none."`
	LogFormat        string        `env:"SNOMREDIRECT_LOG_FORMAT" enum:"text,json" default:"text" help:"Write the log, to standard error, as text or json (${default})."`
	LogLevel         string        `env:"SNOMREDIRECT_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Log from this level on: debug (every phone's request), info (changes and logins), warn or error (${default})."`
}

// drainTime bounds how long what is under way may take at the end.
const drainTime = 10 * time.Second

// backend is what all doors need of a store together.
type backend interface {
	redirect.Finder
	rds.Phones
	sshconsole.Registry
}

var (
	_ backend        = (*bolt.DB)(nil)
	_ contacts.Store = (*bolt.Contacts)(nil)

	_ sshconsole.Contacts = (*contacts.Recorder)(nil)
)

// Run is the service, from the first look at its flags until ctx ends.
func (s *serve) Run(ctx context.Context, out output) (err error) {
	log := s.log(out.stderr)
	if s.Hold < 0 {
		return fmt.Errorf("--hold %v: expected a time such as 10m, or 0: %w", s.Hold, errUsage)
	}
	if s.SSH == "" {
		return fmt.Errorf("--ssh: expected an address, such as :2222: nobody could register phones: %w", errUsage)
	}
	names, err := store.NewPublicNames(s.PublicName...)
	if err != nil {
		return fmt.Errorf("--public-name %w: %w", err, errUsage)
	}
	keys, err := adminKeys(s.AdminKey)
	if err != nil {
		return err
	}
	if err := s.checkRDS(); err != nil {
		return err
	}
	own, phoneAuthorities, err := s.certificates(log)
	if err != nil {
		return err
	}

	m := newMetrics()
	db, err := bolt.Open(s.Data, bolt.Config{Hold: s.Hold, Committed: m.committed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lastHeard, err := bolt.OpenContacts(s.Data, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lastHeard.Close()) }()
	hostKey, err := loadHostKey(filepath.Join(s.Data, "ssh_host_ed25519_key"))
	if err != nil {
		return err
	}
	toolTLS, err := s.toolTLS(own, log)
	if err != nil {
		return err
	}
	at, err := listen(
		address{"http", s.HTTP}, address{"https", s.HTTPS}, address{"rds", s.RDS}, address{"ssh", s.SSH}, address{"metrics", s.Metrics})
	if err != nil {
		return err
	}
	defer at.close()

	// Only now, for a password is shown once.
	password, err := ensureAdmin(db, keys, log)
	if err != nil {
		return err
	}
	if password != "" {
		showPassword(out.stderr, password, at.on("ssh").Addr())
	}
	warnOfLoops(db, names, log)

	book := contacts.New(contacts.Config{Store: lastHeard, Log: log, Flushed: m.flush})
	phones := redirect.Config{
		Finder: db, PublicNames: names, PhoneAuthorities: phoneAuthorities, RequireProof: s.RequirePhoneCert, Log: log, OnContact: book.Record, Observe: m.request}
	answer := redirect.New(phones)
	var webs []httpServer
	if l := at.on("http"); l != nil {
		webs = append(webs, newPhoneServer(l, answer, nil, log))
	}
	if l := at.on("https"); l != nil {
		webs = append(webs, newPhoneServer(l, answer, tlsConfig(own, phoneAuthorities), log))
	}
	login := passwords.New(db).Check
	if l := at.on("rds"); l != nil {
		webs = append(webs, newRDSServer(l, rds.Config{Phones: db, Login: login, PublicNames: names, Contact: book.Contact, Log: log, Observe: m.call}, toolTLS))
	}
	explain := redirect.Explainer(phones)
	console := sshconsole.NewServer(sshconsole.Config{
		Registry:    db,
		HostKey:     hostKey,
		Password:    login,
		PublicNames: names,
		Log:         log,
		Contacts:    book,
		Explain: func(path, userAgent string) sshconsole.Explanation {
			return sshconsole.Explanation(explain(path, userAgent))
		},
		ObserveLogin:   m.login,
		ObserveSession: m.session,
		ObservePanic:   m.consolePanic,
	})
	m.registry.MustRegister(gauges{db.CountPhones, db.Accounts, console.Sessions, book.Waiting})

	doors, ctx := errgroup.WithContext(ctx)
	if l := at.on("metrics"); l != nil {
		webs = append(webs, newMetricsServer(ctx, l, m.registry, log))
	}
	for _, w := range webs {
		doors.Go(w.serve)
	}
	if own != nil {
		go own.watch(ctx) // not waited for: a file that hangs keeps no service from its end
	}
	doors.Go(func() error { return console.Serve(at.on("ssh")) })
	log.Info("listening", append(at.addresses(), "data", s.Data)...)

	<-ctx.Done()
	log.Info("stopping")
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	for _, w := range webs {
		doors.Go(func() error { return w.shutdown(drain) })
	}
	doors.Go(func() error { console.Shutdown(drain); return nil })
	err = doors.Wait()
	book.Close() // nobody is heard any more
	if err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

func (s *serve) log(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // one of its enum
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: printable}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// printable quotes what a stranger may have sent to whoever reads the log at a
// terminal. JSON itself escapes the control characters of ASCII alone.
func printable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindAny {
		if err, ok := a.Value.Any().(error); ok { // may quote what was sent
			a.Value = slog.StringValue(err.Error())
		}
	}
	if a.Value.Kind() == slog.KindString {
		if text := a.Value.String(); strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7F && !unicode.IsPrint(r) }) {
			a.Value = slog.StringValue(strconv.QuoteToASCII(text))
		}
	}
	return a
}

// warnOfLoops tells of accounts whose phones would be sent back here, since a
// name was added after they were set.
func warnOfLoops(db *bolt.DB, names store.PublicNames, log *slog.Logger) {
	accounts, err := db.Accounts()
	if err != nil {
		log.Error("accounts", "error", err)
	}
	for _, a := range accounts {
		if names.Contains(a.SettingServer) {
			log.Warn("setting server points back at this service: its phones get the empty file", "account", a.Name, "setting_server", a.SettingServer)
		}
	}
}
