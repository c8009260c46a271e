// Package connlimit bounds the connections of a listener without refusing the
// newcomer: when places run out, the connection that has waited longest for its
// client goes, of the network with most of them.
//
// A connection that the server has accepted can be closed for another one only once the
// server reads from it. Until then its request may already have arrived, and the client
// waits for the server. Up to MaxBacklog connections more wait to be accepted.
package connlimit

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"snomredirect/store"
)

// headerTime bounds how long a trusted proxy may take to send a PROXY header.
const headerTime = 5 * time.Second

// A Config configures a [Listener]. Max and PerSource must be positive.
type Config struct {
	Max       int // open connections
	PerSource int // connections of one source, as [store.HostOf] returns it
	// Known reports whether an address is preferred: its connections go after those
	// of all others. It is called with no lock held. If nil, no address is.
	Known func(netip.Addr) bool
	// Proxy reports whether an address is a trusted proxy's: a PROXY header from it
	// is believed, and PerSource does not apply to it. If nil, no address is.
	Proxy func(netip.Addr) bool
	// Evicted is called for each connection that was closed for another one. If nil,
	// it is not called.
	Evicted func()
}

// A Listener accepts connections and bounds them. Its methods are safe for
// concurrent use.
type Listener struct {
	net.Listener
	config Config

	mu      sync.Mutex
	changed *sync.Cond // a place may have become free
	closed  bool
	filling sync.Once
	err     error // of the kernel's listener, for Accept
	unread  int   // connections that the server has accepted and not read from
	backlog backlog
	live    int // connections that are neither closed, evicted nor released
	open    int // live ones, and evicted ones that their server has not closed yet
	waiting waiting
}

// New returns a Listener that accepts connections from l.
func New(l net.Listener, c Config) *Listener {
	never := func(netip.Addr) bool { return false }
	if c.Known == nil {
		c.Known = never
	}
	if c.Proxy == nil {
		c.Proxy = never
	}
	if c.Evicted == nil {
		c.Evicted = func() {}
	}
	limited := &Listener{Listener: l, config: c, waiting: newWaiting(), backlog: backlog{waiting: newWaiting()}}
	limited.changed = sync.NewCond(&limited.mu)
	return limited
}

// Accept implements [net.Listener]. It does not wait for clients. If all Max places are
// taken, it waits for the server while it has read from no connection of the fullest
// network, or has not noticed that Max connections were closed: so goroutines are
// bounded by twice Max.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.next()
	if err != nil {
		return nil, err
	}
	evicted, ok := l.enter(c)
	if evicted != nil {
		evicted.reset()
	}
	if !ok {
		c.Close()
		return nil, net.ErrClosed
	}
	return c, nil
}

// enter finds a place for c. It returns the connection that must be closed for it,
// or nil; ok is false if the listener was closed.
func (l *Listener) enter(c *Conn) (evicted *Conn, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && (l.open >= 2*l.config.Max || l.live >= l.config.Max && evicted == nil) {
		if l.open < 2*l.config.Max {
			if evicted = l.waiting.victim(c, l.config.PerSource); evicted != nil {
				l.evict(evicted)
				continue
			}
		}
		l.changed.Wait()
	}
	l.live++
	l.open++
	l.waiting.enter(c)
	return evicted, !l.closed
}

// Crowded reports whether more than half of the places are taken.
func (l *Listener) Crowded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live > l.config.Max/2
}

// evict takes a connection's place. The caller resets it, without the lock.
func (l *Listener) evict(c *Conn) {
	l.waiting.leave(c)
	c.state = evicted
	l.live--
}

// Close implements [net.Listener].
func (l *Listener) Close() error {
	l.mu.Lock()
	l.closed = true
	for l.backlog.n > 0 {
		l.backlog.pop().raw.Close()
	}
	l.mu.Unlock()
	l.changed.Broadcast()
	return l.Listener.Close()
}

// wait makes c one of those that can be closed for another, and returns the one that
// must be closed because its source has too many, or nil.
func (l *Listener) wait(c *Conn) *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.state != accepted {
		return nil
	}
	c.state = candidate
	l.unread--
	l.waiting.add(c)
	l.changed.Broadcast()
	return l.bound(c)
}

// move counts c under another address, and returns what wait returns.
func (l *Listener) move(c *Conn, from netip.Addr) *Conn {
	known := l.config.Known(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.state != candidate || c.source == store.HostOf(from) {
		return nil
	}
	l.waiting.leave(c)
	c.source, c.network, c.exempt = store.HostOf(from), networkOf(from), false
	if c.rank != proven {
		c.rank = rankOf(known)
	}
	l.waiting.enter(c)
	l.waiting.add(c)
	return l.bound(c)
}

func (l *Listener) bound(c *Conn) *Conn {
	if c.exempt || l.waiting.of(c.source) <= l.config.PerSource {
		return nil
	}
	victim := l.waiting.oldestOf(c.source, c)
	if victim != nil {
		l.evict(victim)
	}
	return victim
}

// networkOf returns the network whose connections are compared: an IPv4 /24 or an
// IPv6 /48.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 48
	if a.Is4() {
		bits = 24
	}
	network, _ := a.Prefix(bits)
	return network
}
