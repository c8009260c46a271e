package connlimit

import (
	"container/list"
	"errors"
	"net"

	"github.com/pires/go-proxyproto"

	"snomredirect/store"
)

const (
	// MaxBacklog bounds the connections that the server has not accepted. They take
	// no goroutine.
	MaxBacklog = 4096
	// maxUnread bounds those that it has accepted and not read from, so that few
	// goroutines compete with those that answer.
	maxUnread = 64
)

// A backlog is the connections that the kernel has given and the server has not
// accepted. Networks take turns, so that none waits for the many of another.
type backlog struct {
	waiting
	turns list.List // of *group
	n     int
}

// push adds a connection. It returns the one that must be reset for it, or nil.
func (b *backlog) push(c *Conn) (evicted *Conn) {
	if b.n >= MaxBacklog {
		evicted = b.victim(c, MaxBacklog)
		b.take(evicted)
	}
	b.enter(c)
	b.add(c)
	b.n++
	if network := b.networks[c.network]; network.turn == nil {
		network.turn = b.turns.PushBack(network)
	}
	return evicted
}

// pop removes the connection whose turn it is, and returns it.
func (b *backlog) pop() (c *Conn) {
	network := b.turns.Front().Value.(*group)
	for r := range network.conns { // of the highest rank
		if oldest := network.conns[r].Front(); oldest != nil {
			c = oldest.Value.(*Conn)
		}
	}
	if b.take(c); network.turn != nil {
		b.turns.MoveToBack(network.turn)
	}
	return c
}

func (b *backlog) take(c *Conn) {
	network := b.networks[c.network]
	b.leave(c)
	b.n--
	if network.len() == 0 {
		b.turns.Remove(network.turn)
		network.turn = nil
	}
}

// fill moves connections from the kernel to the backlog until l is closed: the kernel
// refuses newcomers when its own queue is full.
func (l *Listener) fill() {
	for {
		raw, err := l.Listener.Accept()
		var c, evicted *Conn
		if err == nil {
			c = l.newConn(raw)
		}
		l.mu.Lock()
		if err == nil && !l.closed {
			evicted = l.backlog.push(c)
		}
		if l.err = err; err != nil || l.backlog.n == 1 {
			l.changed.Broadcast() // Accept waits
		}
		for l.err != nil && !l.closed && !errors.Is(err, net.ErrClosed) {
			l.changed.Wait() // Accept's caller decides when to try again
		}
		closed := l.closed || errors.Is(err, net.ErrClosed)
		l.mu.Unlock()
		evicted.reset()
		if closed {
			if err == nil {
				raw.Close()
			}
			return
		}
	}
}

func (l *Listener) newConn(raw net.Conn) *Conn {
	c := &Conn{Conn: raw, raw: raw, listener: l, remote: raw.RemoteAddr()}
	from := store.ClientAddr(c.remote.String())
	if c.proxied = l.config.Proxy(from); c.proxied {
		c.Conn = proxyproto.NewConn(raw, proxyproto.WithPolicy(proxyproto.USE), proxyproto.SetReadHeaderTimeout(headerTime))
	}
	c.setFrom(from)
	return c
}

// next returns the next connection of the backlog, and waits for it.
func (l *Listener) next() (*Conn, error) {
	l.filling.Do(func() { go l.fill() })
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && !l.failed() && (l.backlog.n == 0 || l.unread >= maxUnread) {
		l.changed.Wait()
	}
	if err := l.err; l.failed() && !l.closed {
		if !errors.Is(err, net.ErrClosed) {
			l.err = nil
			l.changed.Broadcast()
		}
		return nil, err
	}
	if l.closed {
		return nil, net.ErrClosed
	}
	l.unread++
	return l.backlog.pop(), nil
}

// failed reports whether Accept must return the kernel's error. Those who came before
// are accepted first: they may have the files that are missing.
func (l *Listener) failed() bool { return l.err != nil && l.backlog.n == 0 }
