package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"snomredirect/redirect"
	"snomredirect/sshconsole"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

type serve struct {
	Data       string        `env:"SNOMREDIRECT_DATA" default:"./data" placeholder:"FOLDER" help:"Keep everything in this folder (${default})."`
	HTTP       string        `name:"http" env:"SNOMREDIRECT_HTTP" default:":8080" placeholder:"ADDRESS" help:"Answer phones here (${default}); port 0 takes a free one."`
	SSH        string        `name:"ssh" env:"SNOMREDIRECT_SSH" default:":2222" placeholder:"ADDRESS" help:"Serve the console here (${default}); port 0 takes a free one."`
	AdminKey   []string      `env:"SNOMREDIRECT_ADMIN_KEY" sep:"none" placeholder:"KEY" help:"Let this public key in as the operator admin, who is made anew if missing: a file, or a line as in authorized_keys. Repeatable."`
	PublicName []string      `env:"SNOMREDIRECT_PUBLIC_NAME" placeholder:"HOST" help:"A host name under which phones reach this service: none is ever sent back there. Repeatable."`
	Hold       time.Duration `env:"SNOMREDIRECT_HOLD" default:"10m" placeholder:"TIME" help:"Hold a deregistered phone for its last owner this long (${default}); 0 holds none."`
	LogFormat  string        `env:"SNOMREDIRECT_LOG_FORMAT" enum:"text,json" default:"text" help:"Write the log, to standard error, as text or json (${default})."`
	LogLevel   string        `env:"SNOMREDIRECT_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Log from this level on: debug (every phone's request), info (changes and logins), warn or error (${default})."`
}

// Limits on what strangers may take up.
const (
	maxHTTPConnections = 8192
	maxHeader          = 8 << 10
	headerTime         = 5 * time.Second
	requestTime        = 10 * time.Second
)

// drainTime bounds how long what is under way may take at the end.
const drainTime = 10 * time.Second

// backend is what all doors need of a store together.
type backend interface {
	redirect.Finder
	sshconsole.Registry
}

var (
	_ backend         = (*bolt.DB)(nil)
	_ contacts.Keeper = (*bolt.Contacts)(nil)

	_ sshconsole.Contacts = (*contacts.Book)(nil)
)

// Run is the service, from the first look at its flags until ctx ends.
func (s *serve) Run(ctx context.Context, out output) (err error) {
	log := s.log(out.stderr)
	if s.Hold < 0 {
		return fmt.Errorf("--hold %v: expected a time such as 10m, or 0: %w", s.Hold, errUsage)
	}
	names, err := store.NewPublicNames(s.PublicName...)
	if err != nil {
		return fmt.Errorf("--public-name %w: %w", err, errUsage)
	}
	keys, err := adminKeys(s.AdminKey)
	if err != nil {
		return err
	}

	db, err := bolt.Open(s.Data, bolt.Config{Hold: s.Hold})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lastHeard, err := bolt.OpenContacts(s.Data, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lastHeard.Close()) }()
	hostKey, err := sshconsole.HostKey(filepath.Join(s.Data, "ssh_host_ed25519_key"))
	if err != nil {
		return err
	}
	httpListener, err := listen("--http", s.HTTP)
	if err != nil {
		return err
	}
	defer httpListener.Close()
	sshListener, err := listen("--ssh", s.SSH)
	if err != nil {
		return err
	}
	defer sshListener.Close()

	// Only now, for a password is shown once.
	password, err := ensureAdmin(db, keys, log)
	if err != nil {
		return err
	}
	if password != "" {
		showPassword(out.stderr, password, sshListener.Addr())
	}
	warnOfLoops(db, names, log)

	book := contacts.New(lastHeard, log)
	phones := redirect.Config{Finder: db, PublicNames: names, Log: log, Heard: book.Hear}
	web := webServer(redirect.New(phones), log)
	explain := redirect.Explainer(phones)
	console := sshconsole.NewServer(sshconsole.Config{
		Registry:    db,
		HostKey:     hostKey,
		PublicNames: names,
		Log:         log,
		Contacts:    book,
		Explain: func(path, userAgent string) sshconsole.Explanation {
			return sshconsole.Explanation(explain(path, userAgent))
		},
	})

	doors, ctx := errgroup.WithContext(ctx)
	doors.Go(func() error {
		if err := web.Serve(netutil.LimitListener(httpListener, maxHTTPConnections)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	doors.Go(func() error { return console.Serve(sshListener) })
	log.Info("listening", "http", httpListener.Addr().String(), "ssh", sshListener.Addr().String(), "data", s.Data)

	<-ctx.Done()
	log.Info("stopping")
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	doors.Go(func() error {
		if web.Shutdown(drain) != nil {
			return web.Close()
		}
		return nil
	})
	doors.Go(func() error { console.Shutdown(drain); return nil })
	err = doors.Wait()
	book.Close() // nobody is heard any more
	if err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// webServer serves h within the limits. A connection carries one question, as
// phones have one, so that none outlasts requestTime.
func webServer(h http.Handler, log *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            headerTime,
		ReadTimeout:                  requestTime,
		WriteTimeout:                 requestTime,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what strangers do wrong
	}
	s.SetKeepAlivesEnabled(false)
	return s
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
	if a.Value.Kind() == slog.KindString {
		if text := a.Value.String(); strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7F && !unicode.IsPrint(r) }) {
			a.Value = slog.StringValue(strconv.QuoteToASCII(text))
		}
	}
	return a
}

func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch unreadable := (*net.AddrError)(nil); {
	case errors.As(err, &unreadable):
		return nil, fmt.Errorf("%s %s: expected host:port or :port: %w", flag, address, errUsage)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s: in use by another program", flag, address)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", flag, address, err)
	}
	return l, nil
}

// warnOfLoops tells of accounts whose phones would be sent back here, since a
// name was added after they were set.
func warnOfLoops(db *bolt.DB, names store.PublicNames, log *slog.Logger) {
	accounts, err := db.Accounts()
	if err != nil {
		log.Error("accounts", "error", err)
	}
	for _, a := range accounts {
		if names.Hold(a.SettingServer) {
			log.Warn("setting server points back at this service: its phones get the empty file", "account", a.Name, "setting_server", a.SettingServer)
		}
	}
}
