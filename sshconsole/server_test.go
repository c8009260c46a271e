package sshconsole

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/sshconsole/shell"
)

// Shutdown closes idle connections at once, and the others when their commands end.
func TestShutdown(t *testing.T) {
	gate := &gated{started: make(chan struct{}), open: make(chan struct{})}
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { gate.Registry = r; return gate })
	key := l.newKey("acme")
	idle, busy := l.login("acme", gossh.PublicKeys(key)), l.login("acme", gossh.PublicKeys(key))
	e := l.terminal(idle, 80)
	e.sees("==> ")
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.runs(busy, "show 2e4", 0, "not registered")
	}()
	<-gate.started
	shut := make(chan struct{})
	go func() { l.server.Shutdown(t.Context()); close(shut) }()
	l.ends(idle)
	if _, err := l.dial("acme", gossh.PublicKeys(key)); err == nil {
		t.Error("logged in during shutdown")
	}
	select {
	case <-shut:
		t.Fatal("Shutdown did not wait for a running command")
	default:
	}
	close(gate.open)
	<-done
	<-shut
}

// Serve returns at once after Shutdown.
func TestShutdownBeforeServe(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	s := NewServer(Config{Shell: l.server.Shell, Accounts: l.registry, HostKey: l.server.HostKey})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Shutdown(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(soon):
		t.Fatal("Serve does not return")
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}

// At its deadline, Shutdown closes connections whose commands are still running.
func TestShutdownDeadline(t *testing.T) {
	l := newLab(t, defaultLimits, func(r shell.Registry) shell.Registry { return slow{r} })
	c := l.login("acme", gossh.PublicKeys(l.newKey("acme")))
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("list"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	l.server.Shutdown(ctx)
	l.ends(c)
}
