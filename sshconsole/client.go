package sshconsole

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// A client is one connection, from before its login to its end.
type client struct {
	net.Conn
	clients *clients
	host    netip.Prefix // as store.HostOf returns it

	// Guarded by clients.mu:
	timer    *time.Timer // ends a login that takes too long
	offer    Method      // what it has offered last to log in with; "" before
	in       bool        // logged in
	login    login
	busy     int // commands that run
	sessions int
	refusals int // of sessions, that the client has not read yet
}

// Close implements net.Conn; the connection is forgotten first.
func (c *client) Close() error {
	if offer := c.clients.remove(c); offer != "" {
		c.clients.refused(offer)
	}
	return c.Conn.Close()
}

// Limits bound what clients may take up. Those not logged in are strangers.
type limits struct {
	loginTime       time.Duration
	askTime         time.Duration // for a session to ask for something
	strangers       int           // connections without a login
	strangersAHost  int
	clientsAnOwner  int // connections of one account
	sessionsAClient int // as OpenSSH's MaxSessions
	sessionsAnOwner int // each may hold 2 MiB that it was sent and has not read
	refusals        int // of sessions on one connection, not read yet
}

var defaultLimits = limits{
	loginTime:       30 * time.Second,
	askTime:         30 * time.Second,
	strangers:       256,
	strangersAHost:  64,
	clientsAnOwner:  64,
	sessionsAClient: 10,
	sessionsAnOwner: 64,
	refusals:        16,
}

// clients are all connections. Its methods may be called at the same time.
type clients struct {
	limits  limits
	refused func(Method) // is told of connections that end without a login

	mu      sync.Mutex
	all     map[*client]struct{}
	closing bool
}

func newClients(l limits, refused func(Method)) *clients {
	return &clients{limits: l, refused: refused, all: map[*client]struct{}{}}
}

// add takes a new connection, or returns nil where there is no room for it.
func (cs *clients) add(conn net.Conn) *client {
	host := store.HostOf(store.ClientAddr(conn.RemoteAddr().String()))
	c := &client{Conn: conn, clients: cs, host: host}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	strangers, ofHost := 0, 0
	for other := range cs.all {
		if !other.in {
			strangers++
			if other.host == host {
				ofHost++
			}
		}
	}
	if cs.closing || strangers >= cs.limits.strangers || ofHost >= cs.limits.strangersAHost {
		return nil
	}
	cs.all[c] = struct{}{}
	// Not a deadline on the connection: the SSH server sets its own over it.
	c.timer = time.AfterFunc(cs.limits.loginTime, func() { c.Close() })
	return c
}

// remove forgets a connection, and returns once what it has offered where it was
// not let in.
func (cs *clients) remove(c *client) (refused Method) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.timer.Stop()
	if _, there := cs.all[c]; there && !c.in {
		refused = c.offer
	}
	delete(cs.all, c)
	return refused
}

// offered notes what a connection offers to be let in, before it is judged: one
// that signs with another key than it offers ends with no further word.
func (cs *clients) offered(c *client, m Method) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.offer = m
}

// loggedIn notes that a connection has been let in, and returns what its login
// came to. It closes the connection where its account has too many. One that was
// ended while it was judged has been refused, and "" tells that.
func (cs *clients) loggedIn(c *client, l login) LoginOutcome {
	cs.mu.Lock()
	if _, there := cs.all[c]; !there {
		cs.mu.Unlock()
		return ""
	}
	c.timer.Stop()
	n := 0
	for other := range cs.all {
		if other.in && other.login.account == l.account {
			n++
		}
	}
	c.in, c.login = true, l
	cs.mu.Unlock()
	if n >= cs.limits.clientsAnOwner {
		c.Close()
		return LoginTooMany
	}
	return LoginAccepted
}

// openSession counts a session of c until closeSession, or refuses one too many.
func (cs *clients) openSession(c *client) (ok bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	ofOwner := 0
	for other := range cs.all {
		if other.in && other.login.account == c.login.account {
			ofOwner += other.sessions
		}
	}
	if cs.closing || c.sessions >= cs.limits.sessionsAClient || ofOwner >= cs.limits.sessionsAnOwner {
		return false
	}
	c.sessions++
	return true
}

// refuseSession counts a refusal on its way to c until sessionRefused. A client
// that asks on and reads none of them is ended instead.
func (cs *clients) refuseSession(c *client) (ok bool) {
	cs.mu.Lock()
	c.refusals++
	ok = c.refusals <= cs.limits.refusals
	cs.mu.Unlock()
	if !ok {
		c.Close()
	}
	return ok
}

func (cs *clients) sessionRefused(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.refusals--
}

func (cs *clients) closeSession(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.sessions--
}

func (cs *clients) sessions() (n int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.all {
		n += c.sessions
	}
	return n
}

// begin counts a command that c runs, or refuses it while the service ends.
func (cs *clients) begin(c *client) error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closing {
		return shell.ErrStopping
	}
	c.busy++
	return nil
}

func (cs *clients) end(c *client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.busy--
}

// recheck ends all connections but one whose login is no longer good.
func (cs *clients) recheck(accounts Accounts, but *client) {
	cs.mu.Lock()
	var in []*client
	for c := range cs.all {
		if c.in && c != but {
			in = append(in, c)
		}
	}
	cs.mu.Unlock()
	known := map[store.AccountID]store.Account{}
	for _, c := range in {
		a, ok := known[c.login.account]
		if !ok {
			a, _ = accounts.Account(c.login.account) // without one nothing is good
			known[c.login.account] = a
		}
		if !c.login.good(a) {
			c.Close()
		}
	}
}

// drain lets nothing new begin, ends what is idle at once and the rest as its
// commands end, or when ctx does.
func (cs *clients) drain(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var idle []*client
		cs.mu.Lock()
		cs.closing = true
		for c := range cs.all {
			if c.busy == 0 || ctx.Err() != nil {
				idle = append(idle, c)
			}
		}
		left := len(cs.all) - len(idle)
		cs.mu.Unlock()
		for _, c := range idle {
			c.Close()
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
