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

// most bounds how long a stopped listener accepts, where newcomers can't be held back.
const most = 2 * time.Second

// A Listener accepts TCP connections until [Listener.Stop].
type Listener struct {
	*net.TCPListener
	kept    bool
	stopped atomic.Pointer[time.Time]
	waits   int // without a connection, of Accept
}

// Listen opens a Listener at an address.
func Listen(address string) (*Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false) // with it, Linux has no filters
	l, err := c.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Listener{TCPListener: l.(*net.TCPListener)}, nil
}

// Keep returns a Listener of a socket that another process keeps open: connections that
// this one does not accept wait for the next one.
func Keep(l *net.TCPListener) *Listener { return &Listener{TCPListener: l, kept: true} }

// Stop lets Accept return the connections that the kernel has, and then
// [net.ErrClosed]. Newcomers are not answered, on Linux: they try again within a second,
// when the listener is closed or another one is there.
func (l *Listener) Stop() {
	if l.kept {
		_ = l.Close()
		return
	}
	holdBack(l.TCPListener)
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
			if l.waits >= 2 || time.Since(*stopped) > most {
				_ = l.Close()
				return nil, net.ErrClosed
			}
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
