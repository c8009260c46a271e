package connlimit

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"snomredirect/store"
)

// pipes is a listener of connections in memory, each with the address it is given.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) { return <-p, nil }
func (p pipes) Close() error              { return nil }
func (p pipes) Addr() net.Addr            { return nil }

type fromConn struct {
	net.Conn
	from net.Addr
}

func (f fromConn) RemoteAddr() net.Addr { return f.from }

// open opens a connection from an address. The server has begun to read from it.
func (p pipes) open(t *testing.T, l *Listener, from string) *Conn {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { far.Close() })
	p <- fromConn{near, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 1))}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.(*Conn).begin()
	return conn.(*Conn)
}

func isEvicted(c *Conn) bool {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	return c.state == evicted
}

func TestOldestOfFullestNetworkGoes(t *testing.T) {
	p, n := make(pipes, 1), atomic.Int32{}
	l := New(p, Config{Max: 6, PerSource: 3, Evicted: func() { n.Add(1) }, Known: func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.9") }})
	expect := func(what string, gone ...*Conn) {
		t.Helper()
		for _, c := range gone {
			if !isEvicted(c) {
				t.Fatalf("%s: %v stays", what, c.remote)
			}
			c.Close() // as its server does
		}
		if int(n.Swap(0)) != len(gone) {
			t.Fatalf("%s: others went too", what)
		}
	}
	friend := p.open(t, l, "192.0.2.9")
	lone := p.open(t, l, "198.51.100.1")
	var flood []*Conn
	for _, from := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"} {
		flood = append(flood, p.open(t, l, from))
	}
	expect("6 connections")
	newcomer := p.open(t, l, "203.0.113.1")
	expect("a seventh one", flood[0])
	flood = append(flood[1:], p.open(t, l, "192.0.2.1"))
	expect("another one of the fullest network", flood[0])
	flood[1].Prove()
	released := flood[2]
	released.Release()
	p.open(t, l, "2001:db8::1")
	expect("a released one makes room")
	strangers := []*Conn{lone, newcomer}
	for range 9 {
		c := p.open(t, l, "2001:db8:0:9::1")
		if n.Swap(0) != 1 || isEvicted(c) {
			t.Fatal("a newcomer is refused")
		}
		for _, other := range append(strangers, flood...) {
			if isEvicted(other) {
				other.Close()
			}
		}
		strangers = append(strangers, c)
	}
	for _, c := range []*Conn{friend, flood[1]} {
		if c.state != candidate {
			t.Errorf("%v went before unauthenticated clients", c.remote)
		}
	}
	if err := released.raw.SetDeadline(time.Time{}); err != nil {
		t.Errorf("a released connection was closed: %v", err)
	}
}

// The bound of a source closes its own connections only.
func TestSourceBound(t *testing.T) {
	p := make(pipes, 1)
	l := New(p, Config{Max: 100, PerSource: 2})
	other := p.open(t, l, "192.0.2.2")
	one, two, three := p.open(t, l, "192.0.2.1"), p.open(t, l, "192.0.2.1"), p.open(t, l, "192.0.2.1")
	if !isEvicted(one) || isEvicted(two) || isEvicted(three) || isEvicted(other) {
		t.Error("expected only the oldest one to go")
	}
	for _, c := range []*Conn{one, two, three, other} {
		c.Close()
		c.Close()
	}
	if l.live != 0 || l.open != 0 || len(l.waiting.sources) != 0 || len(l.waiting.networks) != 0 || len(l.waiting.fullest[stranger].groups) != 0 {
		t.Errorf("left: %d live, %d open, %v", l.live, l.open, l.waiting)
	}
}

// Connections that the server has not read from yet are not closed for others: the
// newcomer waits for the server.
func TestServerIsLate(t *testing.T) {
	p := make(pipes, 3)
	l := New(p, Config{Max: 1, PerSource: 1})
	near, far := net.Pipe()
	defer far.Close()
	p <- fromConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:1"))}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	later := make(chan *Conn)
	go func() { later <- p.open(t, l, "192.0.2.2") }()
	select {
	case <-later:
		t.Fatal("accepted")
	case <-time.After(20 * time.Millisecond):
	}
	if isEvicted(first.(*Conn)) {
		t.Error("it went before the server has read from it")
	}
	first.(*Conn).begin()
	<-later
	if !isEvicted(first.(*Conn)) {
		t.Error("it stays")
	}
}

// A lone connection does not go because the server has read from none of a fuller
// network.
func TestLoneConnectionStaysWhileServerIsLate(t *testing.T) {
	p := make(pipes, 4)
	l := New(p, Config{Max: 3, PerSource: 9})
	lone := p.open(t, l, "198.51.100.1")
	flood := func() *Conn {
		near, far := net.Pipe()
		t.Cleanup(func() { far.Close() })
		p <- fromConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:1"))}
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		return c.(*Conn)
	}
	first, second := flood(), flood()
	third := make(chan *Conn)
	go func() { third <- flood() }()
	select {
	case <-third:
		t.Fatal("accepted")
	case <-time.After(20 * time.Millisecond):
	}
	second.begin()
	<-third
	if isEvicted(lone) || isEvicted(first) || !isEvicted(second) {
		t.Error("expected the one of the fullest network to go that the server reads from")
	}
}

// A PROXY header is believed from trusted proxies only.
func TestProxyHeader(t *testing.T) {
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x07\x7f\x00\x00\x01\x00\x09\x00\x50"
	local := "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
	for _, test := range []struct{ peer, header, want string }{
		{"192.0.2.1", "PROXY TCP4 203.0.113.7 127.0.0.1 9 80\r\n", "203.0.113.7"},
		{"192.0.2.1", "PROXY TCP6 2001:db8::7 ::1 9 80\r\n", "2001:db8::7"},
		{"192.0.2.1", "PROXY UNKNOWN\r\n", "192.0.2.1"},
		{"192.0.2.1", v2, "203.0.113.7"},
		{"192.0.2.1", local, "192.0.2.1"},
		{"192.0.2.1", "GET", "192.0.2.1"},
		{"192.0.2.2", "PROXY TCP4 203.0.113.7 127.0.0.1 9 80\r\n", "192.0.2.2"},
		{"192.0.2.2", v2, "192.0.2.2"},
	} {
		p := make(pipes, 1)
		l := New(p, Config{Max: 1, PerSource: 1, Proxy: func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.1") }})
		near, far := net.Pipe()
		go func() { _, _ = far.Write([]byte(test.header + "x")) }()
		p <- fromConn{near, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(test.peer), 1))}
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := store.ClientAddr(conn.RemoteAddr().String()); got.String() != test.want {
			t.Errorf("%q from %s: %v, want %s", test.header, test.peer, got, test.want)
		}
		first := make([]byte, 1)
		want := test.header[0]
		if test.peer == "192.0.2.1" && test.header != "GET" {
			want = 'x'
		}
		if _, err := conn.Read(first); err != nil || first[0] != want {
			t.Errorf("%q from %s: read %q, %v", test.header, test.peer, first, err)
		}
		if source := store.HostOf(netip.MustParseAddr(test.want)); conn.(*Conn).source != source {
			t.Errorf("%q: counted as %v, want %v", test.header, conn.(*Conn).source, source)
		}
		conn.Close()
		far.Close()
	}
}
