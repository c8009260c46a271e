package sshconsole

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// Accounts returns accounts, as they are at the time of the call. The error is
// [store.ErrNoAccount] if the account does not exist; any other means that the
// store failed.
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
}

// A Config configures a [Server]. Shell, Accounts and HostKey must be set.
type Config struct {
	Shell    *shell.Shell // runs the commands; its files are those that SFTP serves
	Accounts Accounts
	HostKey  gossh.Signer
	// Password checks a name and a password from an address, and returns the
	// account. The error is [store.ErrDenied] if they are wrong, [store.ErrBusy] if
	// too many checks are waiting, or ctx's error; any other means that the store
	// failed. Password must take as long for a name without an account. If nil,
	// nobody can log in with a password.
	Password func(ctx context.Context, name, password string, from netip.Addr) (store.Account, error)
	// Legacy adds algorithms that audits fail, for libraries that have no others: key
	// exchange on NIST's curve P-256, and encrypt-and-MAC.
	Legacy bool
	// Log receives logins, refused ones, failed negotiations and changes at info,
	// failures at error. If nil, nothing is logged.
	Log *slog.Logger
	// LogRefusal and LogNegotiation report whether another refused login, or failed
	// negotiation, from an address may be logged at info; otherwise it is logged at
	// debug. They are two, so that broken connections hide no refused login. If nil,
	// all are logged at info.
	LogRefusal, LogNegotiation func(from netip.Addr) bool

	// LoggedIn is called with each accepted connection when it is logged in to an
	// account, with a key or a password, and must return at once. Until then the
	// connection is an unauthenticated client's, which the listener must bound. If
	// nil, it is not called.
	LoggedIn func(net.Conn, store.AccountID)

	// The functions below are for metrics. They are called concurrently, and must
	// return at once. If nil, they are not called.

	// ObserveLogin is called once for each connection that offers a key or a
	// password: when it is logged in, or when it ends without. The method is that
	// of the last offer. Clients offer their keys one after another, so a key that
	// the account does not have is not a refused login by itself.
	ObserveLogin func(Method, LoginOutcome)
	// ObserveSession is called once for each session, before its exit status is
	// sent. If it has none, ObserveSession is called at its end.
	ObserveSession func(SessionOutcome)
	// ObservePanic is called for each panic that was recovered.
	ObservePanic func()
}

// A Server serves the console over SSH.
type Server struct {
	Config
	clients *clients

	stopping context.Context // ends with Shutdown
	stop     context.CancelFunc
}

// NewServer returns a Server that is ready to serve.
func NewServer(c Config) *Server { return newServer(c, defaultLimits) }

func newServer(c Config, l limits) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.LogRefusal == nil {
		c.LogRefusal = func(netip.Addr) bool { return true }
	}
	if c.LogNegotiation == nil {
		c.LogNegotiation = func(netip.Addr) bool { return true }
	}
	if c.LoggedIn == nil {
		c.LoggedIn = func(net.Conn, store.AccountID) {}
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
	s := &Server{Config: c}
	s.clients = newClients(l, func(m Method) { s.observeLogin(m, LoginRefused) }) // also on timers' goroutines
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s
}

// Serve serves connections from l until Shutdown, and closes l. It returns nil
// after Shutdown, and at once if Shutdown was called before.
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
		case err != nil: // such as: no file descriptor is left
			s.Log.Error("accept failed", "error", err)
			time.Sleep(100 * time.Millisecond)
		default:
			go s.guard("connection", func() { s.handle(conn) })
		}
	}
}

// Shutdown stops accepting connections. It closes idle ones at once, and the others
// when their commands end or ctx does.
func (s *Server) Shutdown(ctx context.Context) {
	s.stop()
	s.clients.drain(ctx)
}

// maxTries bounds the keys and passwords that a client can offer.
const maxTries = 6

type contextKey int

const (
	clientKey contextKey = iota // *client
	loginKey                    // login, set once a credential was proven
)

// handle serves one connection to its end. Each has an ssh.Server of its own, whose
// callbacks know the client.
func (s *Server) handle(conn net.Conn) {
	c := s.clients.add(conn)
	if c == nil {
		s.Log.Debug("connection refused", "from", conn.RemoteAddr())
		conn.Close()
		return
	}
	server := &ssh.Server{
		Version:     "snomredirect",
		HostSigners: []ssh.Signer{s.HostKey},
		ConnCallback: func(ctx ssh.Context, conn net.Conn) net.Conn {
			ctx.SetValue(clientKey, c)
			return conn
		},
		ConnectionFailedCallback: func(_ net.Conn, err error) { s.connectionFailed(c, err) },
		ServerConfigCallback:     s.serverConfig,
		PublicKeyHandler:         s.keyOffered,
		ChannelHandlers:          map[string]ssh.ChannelHandler{"session": s.channel},
		RequestHandlers:          map[string]ssh.RequestHandler{},
	}
	server.HandleConn(c)
}

func (s *Server) serverConfig(ctx ssh.Context) *gossh.ServerConfig {
	return &gossh.ServerConfig{
		Config:                  algorithms(s.Legacy),
		PublicKeyAuthAlgorithms: publicKeys,
		MaxAuthTries:            maxTries,
		// The library's own password handler gets the first name that a client
		// tried, and not the one that belongs to the password.
		PasswordCallback: func(conn gossh.ConnMetadata, password []byte) (*gossh.Permissions, error) {
			s.clients.offered(ctx.Value(clientKey).(*client), ByPassword)
			return s.admit(ctx, func() (login, error) { return s.byPassword(conn, string(password)) })
		},
		KeyboardInteractiveCallback: func(conn gossh.ConnMetadata, challenge gossh.KeyboardInteractiveChallenge) (*gossh.Permissions, error) {
			password, err := askPassword(challenge)
			if err != nil {
				return nil, err
			}
			s.clients.offered(ctx.Value(clientKey).(*client), ByPassword)
			return s.admit(ctx, func() (login, error) { return s.byPassword(conn, password) })
		},
		// Clients can offer keys that they don't have, and all offers share one
		// context with the key that finally logs in. Only this callback follows a
		// signature, which proves that the client has the key.
		VerifiedPublicKeyCallback: func(conn gossh.ConnMetadata, key gossh.PublicKey, _ *gossh.Permissions, _ string) (*gossh.Permissions, error) {
			return s.admit(ctx, func() (login, error) {
				l, ok := s.byKey(ctx, conn.User(), key)
				if !ok { // it was removed since the offer
					return login{}, store.ErrDenied
				}
				return l, nil
			})
		},
		AuthLogCallback: func(conn gossh.ConnMetadata, method string, err error) { s.authTried(ctx, conn, method, err) },
	}
}

// keyOffered reports whether a key is one of the account's. That logs nobody in:
// the client has not proven yet that it has the key.
func (s *Server) keyOffered(ctx ssh.Context, key ssh.PublicKey) (ok bool) {
	s.clients.offered(ctx.Value(clientKey).(*client), ByKey)
	s.guard("login", func() { _, ok = s.byKey(ctx, ctx.User(), key) })
	return ok
}

// byKey is the function byKey, for the account that a client wants to log in to. It
// records why the key is refused.
func (s *Server) byKey(ctx ssh.Context, user string, key gossh.PublicKey) (login, bool) {
	a, failed := lookUp(s.Accounts, s.Log, user)
	l, ok := byKey(a, key)
	switch c := ctx.Value(clientKey).(*client); {
	case failed:
		s.clients.lookUpFailed(c)
	case !ok:
		s.clients.keyUnknown(c, gossh.FingerprintSHA256(key))
	}
	return l, ok
}

// admit calls prove and stores the login that it returns in ctx. If prove panics,
// the login is refused.
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
