package sshconsole

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A client that keeps opening sessions and reads no refusal is disconnected.
func TestRefusalsNotRead(t *testing.T) {
	cs := newClients(limits{loginTime: time.Hour, refusals: 2}, nil)
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
	l := newLab(t, limits{loginTime: 300 * time.Millisecond}, nil)
	one, err := net.Dial("tcp", l.address)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
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
