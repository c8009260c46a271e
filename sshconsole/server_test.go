package sshconsole

import (
	"context"
	"errors"
	"net"
	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// A shutdown ends what is idle at once, and what runs when it is done.
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
		t.Error("let in while shutting down")
	}
	select {
	case <-shut:
		t.Fatal("a command that runs was not waited for")
	default:
	}
	close(gate.open)
	<-done
	<-shut
}

// gated is a store whose look at a phone waits.
type gated struct {
	shell.Registry
	started, open chan struct{}
}

func (g *gated) Phone(mac macaddr.Addr) (store.Phone, error) {
	close(g.started)
	<-g.open
	return g.Registry.Phone(mac)
}

// A shutdown may come before the first connection is waited for.
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
		t.Fatal("it serves for ever")
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the port is still open: %v", err)
	}
}

// A deadline ends even what will never end.
func TestShutdownInTheEnd(t *testing.T) {
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
