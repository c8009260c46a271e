package sshconsole

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

func TestLimitsOnUnauthenticatedClients(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, unauthenticated: 4, unauthenticatedPerHost: 2}, nil)
	for i, c := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1:1", true}, {"192.0.2.1:2", true}, {"192.0.2.1:3", false}, // 2 of one host
		{"192.0.2.2:1", true}, {"192.0.2.3:1", true}, {"192.0.2.4:1", false}, // 4 in all
	} {
		near, far := net.Pipe()
		defer far.Close()
		got := cs.add(fromConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))})
		if (got != nil) != c.want {
			t.Errorf("connection %d, from %s: accepted %v", i, c.from, got != nil)
		}
		if got != nil {
			defer got.Close()
		}
	}
}

// fromConn is a connection with a remote address.
type fromConn struct {
	net.Conn
	from net.Addr
}

func (f fromConn) RemoteAddr() net.Addr { return f.from }

// A client that keeps opening sessions and reads no refusal is disconnected.
func TestRefusalsNotRead(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, unauthenticated: 1, unauthenticatedPerHost: 1, refusals: 2}, nil)
	near, far := net.Pipe()
	defer far.Close()
	near.SetDeadline(time.Now().Add(soon))
	c := cs.add(near)
	for range 2 {
		if !cs.refuseSession(c) {
			t.Fatal("disconnected too early")
		}
		cs.sessionRefused(c) // it was read
	}
	for i, want := range []bool{true, true, false} {
		if got := cs.refuseSession(c); got != want {
			t.Errorf("refusal %d: connected %v", i, got)
		}
	}
	if _, err := near.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the connection is still open: %v", err)
	}
}

func TestLimits(t *testing.T) {
	short := limits{loginTime: 300 * time.Millisecond, unauthenticated: 3, unauthenticatedPerHost: 2}
	l := newLab(t, short, nil)

	// Two unauthenticated clients of one host at a time, for 300 ms each.
	silent := func() net.Conn {
		conn, err := net.Dial("tcp", l.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	one, _, three := silent(), silent(), silent()
	if _, err := io.ReadAll(three); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	one.SetReadDeadline(time.Now().Add(soon))
	if banner, err := io.ReadAll(one); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an unauthenticated client stays connected; it got %q", banner)
	}

	small := defaultLimits
	small.loginTime, small.clientsPerAccount, small.sessionsPerClient, small.sessionsPerAccount, small.refusals = 2*time.Second, 2, 2, 3, 2
	l = newLab(t, small, nil)
	key := l.newKey("acme")
	c := l.login("acme", gossh.PublicKeys(key))
	time.Sleep(small.loginTime + 100*time.Millisecond) // loginTime does not limit a client that is logged in
	var sessions []*gossh.Session
	for range small.sessionsPerClient {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	if _, err := c.NewSession(); err == nil {
		t.Error("a session over the limit of the connection was opened")
	}
	second := l.login("acme", gossh.PublicKeys(key))
	third, err := second.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.NewSession(); err == nil {
		t.Error("a session over the limit of the account was opened")
	}
	third.Close()
	sessions[0].Close()
	if third, err := l.dial("acme", gossh.PublicKeys(key)); err == nil {
		l.ends(third)
	}
	l.runs(second, "list", 0, "")
}
