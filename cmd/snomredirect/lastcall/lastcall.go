// Package lastcall stops a listener without a reset for anyone who has connected: the
// kernel completes connections on its own, and closing a listener resets those that
// nobody has accepted yet.
package lastcall

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// quiet is how long no connection must come, twice, before a stopped listener is closed.
// A client whose handshake is under way has that time.
const quiet = 100 * time.Millisecond

// deferTime is how long after Stop the kernel may still keep a connection of a client
// that has sent nothing to itself.
const deferTime = time.Second + 2*quiet

// most bounds how long a stopped listener accepts, where newcomers can't be held back.
const most = 2 * time.Second

// A Listener accepts TCP connections until [Listener.Stop].
type Listener struct {
	*net.TCPListener
	kept     bool
	deferred bool
	stopped  atomic.Pointer[time.Time]
	waits    int  // without a connection, of Accept
	pending  bool // the kernel may keep connections to itself
}

// A Protocol is what a Listener knows of the protocol of its connections.
type Protocol struct {
	// ClientFirst means that the client sends first. On Linux, a connection is then
	// accepted when something has come, or after a second: the server need not wait.
	ClientFirst bool
	// Bounded means that deadlines end each connection of a client that is gone, so TCP
	// need not look for it.
	Bounded bool
}

// Listen opens a Listener at an address.
func Listen(address string, p Protocol) (*Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false) // with it, Linux has no filters
	if p.Bounded {
		c.KeepAlive = -1 // four system calls less for each connection
	}
	l, err := c.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener)
	return &Listener{TCPListener: tcp, deferred: p.ClientFirst && deferAccept(tcp, true)}, nil
}

// Keep returns a Listener of a socket that another process keeps open: connections that
// this one does not accept wait for the next one. Bounded has no effect on it.
func Keep(l *net.TCPListener, p Protocol) *Listener {
	return &Listener{TCPListener: l, kept: true, deferred: p.ClientFirst && deferAccept(l, true)}
}

// Stop lets Accept return the connections that the kernel has, and then
// [net.ErrClosed]. Newcomers are not answered, on Linux: they try again within a second,
// when the listener is closed or another one is there.
func (l *Listener) Stop() {
	if l.kept {
		_ = l.Close()
		return
	}
	holdBack(l.TCPListener)
	if l.deferred {
		deferAccept(l.TCPListener, false)
	}
	now := time.Now()
	l.stopped.Store(&now)
	_ = l.SetDeadline(now.Add(quiet)) // for an Accept that is waiting
}

// Accept implements [net.Listener], for one caller at a time. Its errors, other than
// net.ErrClosed, are temporary: the next call may succeed.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		stopped := l.stopped.Load()
		if stopped != nil {
			since := time.Since(*stopped)
			if since > most || l.waits >= 2 && !l.pending {
				_ = l.Close()
				return nil, net.ErrClosed
			}
			// Looked up before the wait, during which those that there are may come.
			l.pending = l.waits > 0 && l.deferred && since <= deferTime && handshakes(l.TCPListener)
			_ = l.SetDeadline(time.Now().Add(quiet)) // Accept tries before it waits
		}
		c, err := l.TCPListener.Accept()
		switch {
		case err == nil:
			l.waits = 0
			return c, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			l.waits++
		case errors.Is(err, net.ErrClosed):
			return nil, net.ErrClosed
		default:
			return nil, temporary{err}
		}
	}
}

// A temporary error is one after which net/http tries again.
type temporary struct{ error }

func (temporary) Timeout() bool   { return false }
func (temporary) Temporary() bool { return true }

func (t temporary) Unwrap() error { return t.error }
