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

func TestRoomForStrangers(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, strangers: 4, strangersAHost: 2}, nil)
	for i, c := range []struct {
		from string
		want bool
	}{
		{"192.0.2.1:1", true}, {"192.0.2.1:2", true}, {"192.0.2.1:3", false}, // of one host
		{"192.0.2.2:1", true}, {"192.0.2.3:1", true}, {"192.0.2.4:1", false}, // of all
	} {
		near, far := net.Pipe()
		defer far.Close()
		got := cs.add(fromConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))})
		if (got != nil) != c.want {
			t.Errorf("%d, from %s: room %v", i, c.from, got != nil)
		}
		if got != nil {
			defer got.Close()
		}
	}
}

// fromConn is a connection from that address.
type fromConn struct {
	net.Conn
	from net.Addr
}

func (f fromConn) RemoteAddr() net.Addr { return f.from }

// A client that opens sessions on and on and reads no refusal is ended.
func TestRefusalsNotRead(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, strangers: 1, strangersAHost: 1, refusals: 2}, nil)
	near, far := net.Pipe()
	defer far.Close()
	near.SetDeadline(time.Now().Add(soon))
	c := cs.add(near)
	for range 2 {
		if !cs.refuseSession(c) {
			t.Fatal("ended too early")
		}
		cs.sessionRefused(c) // it was read
	}
	for i, want := range []bool{true, true, false} {
		if got := cs.refuseSession(c); got != want {
			t.Errorf("refusal %d: %v", i, got)
		}
	}
	if _, err := near.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the connection goes on: %v", err)
	}
}

func TestLimits(t *testing.T) {
	short := limits{loginTime: 300 * time.Millisecond, strangers: 3, strangersAHost: 2}
	l := newLab(t, short, nil)

	// Strangers from one host are two at a time, and not for long.
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
		t.Errorf("a stranger may stay; it got %q", banner)
	}

	small := defaultLimits
	small.loginTime, small.clientsAnOwner, small.sessionsAClient, small.sessionsAnOwner, small.refusals = 2*time.Second, 2, 2, 3, 2
	l = newLab(t, small, nil)
	key := l.newKey("acme")
	c := l.login("acme", gossh.PublicKeys(key))
	time.Sleep(small.loginTime + 100*time.Millisecond) // the time to log in is not the time to stay
	var sessions []*gossh.Session
	for range small.sessionsAClient {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, s)
	}
	if _, err := c.NewSession(); err == nil {
		t.Error("a session too many was opened")
	}
	second := l.login("acme", gossh.PublicKeys(key))
	third, err := second.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.NewSession(); err == nil {
		t.Error("a session too many of one account was opened")
	}
	third.Close()
	sessions[0].Close()
	if third, err := l.dial("acme", gossh.PublicKeys(key)); err == nil {
		l.ends(third)
	}
	l.runs(second, "list", 0, "")
}
