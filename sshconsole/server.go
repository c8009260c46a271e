package sshconsole

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// Accounts is where the server looks accounts up, as they stand at the time of the
// call. The error is store.ErrNoAccount if there is no such account; any other
// means that the store failed.
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
}

// A Config is what the server works with. Shell, Accounts and HostKey must be set.
type Config struct {
	Shell    *shell.Shell // runs the commands
	Accounts Accounts
	HostKey  gossh.Signer
	// Password returns the account that a name and a password from an address
	// let in, store.ErrDenied where that is none, store.ErrBusy where too many
	// wait, or ctx's error; any other is a failing store. It takes the same time
	// whether there is such an account or not. Nil lets nobody in by password.
	Password func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error)
	// Log gets logins and changes at info, failures at error. Nil logs nothing.
	Log *slog.Logger

	// These are told what happens, for metrics, on the goroutine that it happens
	// on: they must return at once. Nil is told nothing.

	// ObserveLogin is told once of each connection that offers a key or a
	// password: when it is let in, or when it ends without. The method is that of
	// the last offer. A client offers its keys one after another, so that one
	// which does not fit is no refused login by itself.
	ObserveLogin func(Method, LoginOutcome)
	// ObserveSession is told once of each session, before its client has its exit
	// status or, where there is none, at its end.
	ObserveSession func(SessionOutcome)
	// ObservePanic is told of each panic that was caught.
	ObservePanic func()
}

// A Server serves the console over SSH.
type Server struct {
	Config
	ssh     *ssh.Server // handles connections; accepting them is done here
	clients *clients

	stopping context.Context // ends with Shutdown
	stop     context.CancelFunc
}

// What the server speaks: no NIST curves, no SHA-1, no encrypt-and-MAC.
var (
	keyExchanges = []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519, "curve25519-sha256@libssh.org"}
	ciphers      = []string{gossh.CipherChaCha20Poly1305, gossh.CipherAES256GCM, gossh.CipherAES128GCM}
	macs         = []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM}
	publicKeys   = []string{gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256}
)

// NewServer returns a server that is ready to serve.
func NewServer(c Config) *Server { return newServer(c, defaultLimits) }

func newServer(c Config, l limits) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ObserveLogin == nil {
		c.ObserveLogin = func(Method, LoginOutcome) {}
	}
	if c.ObserveSession == nil {
		c.ObserveSession = func(SessionOutcome) {}
	}
	if c.ObservePanic == nil {
		c.ObservePanic = func() {}
	}
	s := &Server{Config: c, clients: newClients(l, func(m Method) { c.ObserveLogin(m, LoginRefused) })}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.ssh = &ssh.Server{
		Version:              "snomredirect",
		HostSigners:          []ssh.Signer{c.HostKey},
		ConnCallback:         s.connected,
		ServerConfigCallback: s.serverConfig,
		PublicKeyHandler:     s.keyOffered,
		ChannelHandlers:      map[string]ssh.ChannelHandler{"session": s.channel},
		RequestHandlers:      map[string]ssh.RequestHandler{},
	}
	return s
}

// Serve serves connections from l, which it closes, until Shutdown. It returns
// nil then, and at once where that has been called before.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	defer context.AfterFunc(s.stopping, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		switch {
		case s.stopping.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // no file descriptor is left, for one
			s.Log.Error("accept", "error", err)
			time.Sleep(100 * time.Millisecond)
		default:
			go s.guard("connection", func() { s.ssh.HandleConn(conn) })
		}
	}
}

// Shutdown stops accepting, ends idle sessions at once and the others when
// their command is done or ctx ends.
func (s *Server) Shutdown(ctx context.Context) {
	s.stop()
	s.clients.drain(ctx)
}

type contextKey int

const (
	clientKey contextKey = iota // *client
	loginKey                    // login, set where a credential was proven
)

func (s *Server) connected(ctx ssh.Context, conn net.Conn) net.Conn {
	c := s.clients.add(conn)
	if c == nil {
		s.Log.Debug("no room for a connection", "from", conn.RemoteAddr())
		return nil
	}
	ctx.SetValue(clientKey, c)
	return c
}

func (s *Server) serverConfig(ctx ssh.Context) *gossh.ServerConfig {
	return &gossh.ServerConfig{
		Config:                  gossh.Config{KeyExchanges: keyExchanges, Ciphers: ciphers, MACs: macs},
		PublicKeyAuthAlgorithms: publicKeys,
		MaxAuthTries:            6,
		// The library's own password handler is told the first name that a client
		// tried, and not the one that goes with the password.
		PasswordCallback: func(conn gossh.ConnMetadata, password []byte) (*gossh.Permissions, error) {
			s.clients.offered(ctx.Value(clientKey).(*client), ByPassword)
			return s.admit(ctx, func() (login, error) { return s.byPassword(conn, string(password)) })
		},
		// A key may be offered without being owned, and offered keys share one
		// context with the one that lets a client in at last. Only here it has
		// been shown that the client holds it.
		VerifiedPublicKeyCallback: func(conn gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			return s.admit(ctx, func() (login, error) {
				l, ok := byKey(lookUp(s.Accounts, s.Log, conn.User()), key)
				if !ok {
					return login{}, store.ErrDenied
				}
				return l, nil
			})
		},
		AuthLogCallback: func(conn gossh.ConnMetadata, method string, err error) { s.authenticated(ctx, conn, method, err) },
	}
}

// keyOffered tells whether a key would do. It opens nothing yet.
func (s *Server) keyOffered(ctx ssh.Context, key ssh.PublicKey) (ok bool) {
	s.clients.offered(ctx.Value(clientKey).(*client), ByKey)
	s.guard("login", func() { _, ok = byKey(lookUp(s.Accounts, s.Log, ctx.User()), key) })
	return ok
}

// admit notes the login that prove finds in the context. A panic admits nobody.
func (s *Server) admit(ctx ssh.Context, prove func() (login, error)) (*gossh.Permissions, error) {
	err := store.ErrDenied
	s.guard("login", func() {
		var l login
		if l, err = prove(); err == nil {
			ctx.SetValue(loginKey, l)
		}
	})
	if err != nil {
		return nil, err
	}
	return &gossh.Permissions{}, nil
}

// authenticated is told how each try to log in went.
func (s *Server) authenticated(ctx ssh.Context, conn gossh.ConnMetadata, method string, err error) {
	if err != nil {
		switch method {
		case "publickey": // of a kind that is not taken, too, after which nobody is asked
			s.clients.offered(ctx.Value(clientKey).(*client), ByKey)
		case "password":
			user := conn.User() // a stranger's word
			s.Log.Info("login refused", "user", user[:min(len(user), 64)], "from", conn.RemoteAddr().String(), "by", method, "why", err)
		}
		return
	}
	c, l := ctx.Value(clientKey).(*client), ctx.Value(loginKey).(login)
	outcome := s.clients.loggedIn(c, l)
	switch outcome {
	case "":
		return
	case LoginTooMany:
		s.Log.Warn("too many connections of one account", "account", l.name, "from", conn.RemoteAddr().String())
	default:
		s.Log.Info("login", "account", l.name, "by", l.by(), "from", conn.RemoteAddr().String())
	}
	s.ObserveLogin(l.method(), outcome)
}

// guard runs f and reports whether it came to its end: a panic is kept to what
// it happened in, and goes to the log.
func (s *Server) guard(where string, f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			s.ObservePanic()
			s.Log.Error("panic", "in", where, "error", r, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}
