package connlimit

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// Networks take turns, those that are known first within each. When the backlog is
// full, the oldest of the fullest one goes.
func TestBacklog(t *testing.T) {
	l := New(make(pipes), Config{Max: 1, PerSource: 1, Known: func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.9") }})
	push := func(from string) (c, evicted *Conn) {
		t.Helper()
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close(); far.Close() })
		c = l.newConn(fromConn{near, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 1))})
		return c, l.backlog.push(c)
	}
	var flood []*Conn
	for range MaxBacklog - 1 {
		c, _ := push("192.0.2.1")
		flood = append(flood, c)
	}
	lone, evicted := push("198.51.100.1")
	if evicted != nil {
		t.Fatal("one goes before the backlog is full")
	}
	friend, evicted := push("192.0.2.9")
	if evicted != flood[0] {
		t.Fatal("expected the oldest of the fullest network to go")
	}
	for i, want := range []*Conn{friend, lone, flood[1], flood[2]} {
		if got := l.backlog.pop(); got != want {
			t.Errorf("turn %d: %v", i, got.remote)
		}
	}
	for l.backlog.n > 0 {
		l.backlog.pop()
	}
	if l.backlog.turns.Len() != 0 || len(l.backlog.networks) != 0 || len(l.backlog.sources) != 0 {
		t.Errorf("left: %v", l.backlog.waiting)
	}
}

// A failing listener accepts the connections that it has, and then fails.
type failing struct {
	pipes
	then error
}

func (l failing) Accept() (net.Conn, error) {
	select {
	case c := <-l.pipes:
		return c, nil
	default:
		return nil, l.then
	}
}

// If the kernel has no more, those in the backlog are accepted all the same, before an
// error and before the end.
func TestBacklogBeforeErrors(t *testing.T) {
	for _, then := range []error{syscall.EMFILE, net.ErrClosed} {
		kernel := failing{make(pipes, 3), then}
		for range 3 {
			near, far := net.Pipe()
			defer far.Close()
			kernel.pipes <- fromConn{near, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}
		}
		l := New(kernel, Config{Max: 8, PerSource: 8})
		defer l.Close()
		accepted := 0
		for {
			c, err := l.Accept()
			if err == nil {
				accepted++
				defer c.Close()
				continue
			}
			if err != then || accepted != 3 {
				t.Errorf("%v after %d connections, want %v after 3", err, accepted, then)
			}
			break
		}
	}
}
