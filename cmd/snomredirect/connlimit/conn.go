package connlimit

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"snomredirect/store"
)

// A rank says who goes first: lower ranks do.
type rank int

const (
	stranger rank = iota
	known         // from a preferred address
	proven        // authenticated
	ranks
)

func rankOf(isKnown bool) rank {
	if isKnown {
		return known
	}
	return stranger
}

type state int

const (
	accepted  state = iota // the server has not read from it yet
	candidate              // it can be closed for another one
	evicted                // it was, and the server has not noticed
	gone                   // it is closed or released, and counts no more
)

// A Conn is a connection of a [Listener].
type Conn struct {
	net.Conn // reads what follows a PROXY header
	raw      net.Conn
	listener *Listener
	proxied  bool // it comes from a trusted proxy
	begun    sync.Once
	remote   net.Addr // the client's, once begun

	heard, unanswered atomic.Bool // of what the client sent

	// Guarded by the listener's mu:
	state               state
	rank                rank
	exempt              bool // no bound per source
	source, network     netip.Prefix
	inSource, inNetwork *list.Element
}

// setFrom sets the address of a connection that nobody else knows yet.
func (c *Conn) setFrom(from netip.Addr) {
	c.source, c.network, c.exempt = store.HostOf(from), networkOf(from), c.proxied
	c.rank = rankOf(c.listener.config.Known(from))
}

// begin is called before the server first waits for the client.
func (c *Conn) begin() {
	c.begun.Do(func() {
		c.listener.wait(c).reset()
		if !c.proxied {
			return
		}
		// This reads the PROXY header. Of another protocol than TCP, or without an
		// address, it says nothing of the client.
		if remote, ok := c.Conn.RemoteAddr().(*net.TCPAddr); ok && store.ClientAddr(remote.String()).IsValid() {
			c.remote = remote
			c.Client(store.ClientAddr(remote.String()))
		}
	})
}

// Read implements [net.Conn].
func (c *Conn) Read(b []byte) (int, error) {
	c.begin()
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.heard.Store(true)
		c.unanswered.Store(true)
	}
	return n, err
}

// Write implements [net.Conn].
func (c *Conn) Write(b []byte) (int, error) {
	c.unanswered.Store(false)
	return c.Conn.Write(b)
}

// Heard reports whether the client has ever sent something, and whether it has since
// the server last did.
func (c *Conn) Heard() (ever, since bool) { return c.heard.Load(), c.unanswered.Load() }

// RemoteAddr returns the client's address: if the connection is a trusted proxy's,
// that of its PROXY header, for which RemoteAddr waits.
func (c *Conn) RemoteAddr() net.Addr {
	if c.proxied {
		c.begin()
	}
	return c.remote
}

// LocalAddr implements [net.Conn]. It does not wait.
func (c *Conn) LocalAddr() net.Addr { return c.raw.LocalAddr() }

// Client counts a trusted proxy's connection as one of this client.
func (c *Conn) Client(from netip.Addr) {
	if c.proxied && !c.listener.config.Proxy(from) {
		c.listener.move(c, from).reset()
	}
}

// Prove records that the client is authenticated: c goes after all that are not.
func (c *Conn) Prove() {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.state == candidate && c.rank != proven {
		l.waiting.leave(c)
		c.rank = proven
		l.waiting.enter(c)
		l.waiting.add(c)
	}
}

// Release ends the listener's interest in c: it does not count, and is never closed
// for another one.
func (c *Conn) Release() {
	l := c.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	switch c.state {
	case accepted:
		l.unread--
		fallthrough
	case candidate:
		l.waiting.leave(c)
		l.live--
		fallthrough
	case evicted:
		l.open--
		l.changed.Broadcast()
	}
	c.state = gone
}

// Close implements [net.Conn].
func (c *Conn) Close() error {
	c.Release()
	return c.raw.Close()
}

// reset closes an evicted connection without waiting for its client. Its server
// notices, and calls Close.
func (c *Conn) reset() {
	if c == nil {
		return
	}
	if tcp, ok := c.raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // no state is left in the kernel
	}
	c.raw.Close()
	c.listener.config.Evicted()
}
