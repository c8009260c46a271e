package sshconsole

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"snomredirect/store"
)

// A client is one connection, from before its login to its end.
type client struct {
	net.Conn
	clients *clients
	heard   atomic.Bool // it has sent something

	// Guarded by clients.mu:
	timer    *time.Timer // closes a connection that takes too long to log in, and later one that is too old
	unused   *time.Timer // closes a connection that has no session
	method   Method      // of the last credential that it offered; "" before the first
	loggedIn bool
	login    login
	busy     int // commands that are running
	sessions int
	refusals int // of sessions, that the client has not read yet
	leaving  bool

	// For the log, if it does not log in:
	tried       bool
	user        string
	unknownKey  string // the fingerprint of a key that will be refused
	refusedKeys []string
	failed      bool // an account could not be looked up
}

// Read implements net.Conn.
func (c *client) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(true)
	}
	return n, err
}

// Close implements net.Conn. It first removes the connection from its clients.
func (c *client) Close() error {
	if method := c.clients.remove(c); method != "" {
		c.clients.onRefused(method)
	}
	return c.Conn.Close()
}

// limits bound what clients may use.
type limits struct {
	loginTime          time.Duration
	idleTime           time.Duration // of a console at which nothing is typed, and of a connection without sessions
	totalTime          time.Duration // from the login to the end of the connection
	requestTime        time.Duration // from the opening of a session to its request for a shell or a command
	clientsPerAccount  int
	sessionsPerClient  int // as OpenSSH's MaxSessions
	sessionsPerAccount int // each may hold 2 MiB that it was sent and has not read
	refusals           int // of sessions on one connection, not read yet
}

var defaultLimits = limits{
	loginTime:          30 * time.Second,
	idleTime:           time.Hour,
	totalTime:          24 * time.Hour,
	requestTime:        30 * time.Second,
	clientsPerAccount:  64,
	sessionsPerClient:  10,
	sessionsPerAccount: 64,
	refusals:           16,
}

// clients are all connections. Its methods may be called concurrently.
type clients struct {
	limits    limits
	onRefused func(Method) // called for connections that end without a login

	mu      sync.Mutex
	all     map[*client]struct{}
	open    map[*session]struct{} // sessions
	lastID  int                   // of a session
	closing bool
}

func newClients(l limits, onRefused func(Method)) *clients {
	return &clients{limits: l, onRefused: onRefused, all: map[*client]struct{}{}, open: map[*session]struct{}{}}
}

// add adds a new connection. It returns nil if the service is shutting down.
func (cs *clients) add(conn net.Conn) *client {
	c := &client{Conn: conn, clients: cs}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closing {
		return nil
	}
	cs.all[c] = struct{}{}
	// Not a deadline on the connection: the SSH server overwrites it with its own.
	c.timer = time.AfterFunc(cs.limits.loginTime, func() { c.Close() })
	c.unused = time.AfterFunc(cs.limits.loginTime, func() { c.Close() })
	return c
}

// remove removes a connection. The first call for one that offered a credential
// and was not logged in returns the method of the last offer; others return "".
func (cs *clients) remove(c *client) (refused Method) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.timer.Stop()
	c.unused.Stop()
	if _, ok := cs.all[c]; ok && !c.loggedIn {
		refused = c.method
	}
	delete(cs.all, c)
	return refused
}

// offered records the method of a credential that a client offers. It is called
// before the credential is checked: if a client signs with another key than it
// offered, the connection ends and no callback follows.
func (cs *clients) offered(c *client, m Method) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.method = m
}

// logIn records a client's login and returns the outcome. If the account has too
// many connections, it closes this one. The outcome is "" if the connection was
// closed while the credential was checked: that login already counts as refused.
func (cs *clients) logIn(c *client, l login) LoginOutcome {
	cs.mu.Lock()
	if _, ok := cs.all[c]; !ok {
		cs.mu.Unlock()
		return ""
	}
	c.timer.Stop()
	n := 0
	for other := range cs.all {
		if other.loggedIn && other.login.account == l.account {
			n++
		}
	}
	c.loggedIn, c.login = true, l
	c.timer = time.AfterFunc(cs.limits.totalTime, func() {
		cs.goodbye(c, "Closed: no connection lasts longer than "+inWords(cs.limits.totalTime)+".")
	})
	c.unused.Reset(cs.limits.idleTime)
	cs.mu.Unlock()
	if n >= cs.limits.clientsPerAccount {
		c.Close()
		return LoginTooMany
	}
	return LoginAccepted
}

// recheck closes all connections except one whose login is no longer valid.
func (cs *clients) recheck(accounts Accounts, except *client) {
	cs.mu.Lock()
	var loggedIn []*client
	for c := range cs.all {
		if c.loggedIn && c != except {
			loggedIn = append(loggedIn, c)
		}
	}
	cs.mu.Unlock()
	known := map[store.AccountID]store.Account{}
	for _, c := range loggedIn {
		a, ok := known[c.login.account]
		if !ok {
			a, _ = accounts.Account(c.login.account) // no login is valid for the zero account
			known[c.login.account] = a
		}
		if !c.login.valid(a) {
			cs.goodbye(c, c.login.whyEnded(a))
		}
	}
}

// drain refuses new connections, sessions and commands. It closes idle connections
// at once, and the others when their commands end or ctx does.
func (cs *clients) drain(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var idle, closed []*client
		cs.mu.Lock()
		cs.closing = true
		for c := range cs.all {
			switch {
			case ctx.Err() != nil || c.sessions == 0:
				closed = append(closed, c)
			case c.busy == 0:
				idle = append(idle, c)
			}
		}
		left := len(cs.all) - len(closed)
		cs.mu.Unlock()
		for _, c := range closed {
			c.Close()
		}
		for _, c := range idle {
			cs.goodbye(c, "Closed: the service is being stopped.")
		}
		if left == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
