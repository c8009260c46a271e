package sshconsole

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"snomredirect/store"
)

// What Password says lets in or not, and is asked with the address of the
// connection; why it does not is for the log alone.
func TestPassword(t *testing.T) {
	l := newLab(t, defaultLimits, nil)
	acme := l.account("acme")
	acme.PasswordHash = "hash"
	for name, c := range map[string]struct {
		password func() (store.Account, error) // nil is none
		in       bool
		told     string
	}{
		"lets in":    {func() (store.Account, error) { return acme, nil }, true, "msg=login account=acme by=password"},
		"refuses":    {func() (store.Account, error) { return store.Account{}, store.ErrDenied }, false, `by=password why="wrong name or password"`},
		"is busy":    {func() (store.Account, error) { return store.Account{}, store.ErrBusy }, false, `by=password why="too many are waiting"`},
		"fails":      {func() (store.Account, error) { return store.Account{}, errors.New("no disk") }, false, `level=ERROR msg=login error="no disk"`},
		"panics":     {func() (store.Account, error) { panic("no disk") }, false, `msg=panic in=login error="no disk"`},
		"is not set": {nil, false, `msg="login refused" user=acme`},
	} {
		var log syncBuffer
		config := Config{Registry: l.registry, HostKey: l.server.HostKey, Log: slog.New(slog.NewTextHandler(&log, nil))}
		if c.password != nil {
			config.Password = func(ctx context.Context, user, password string, from netip.Addr) (store.Account, error) {
				if _, bounded := ctx.Deadline(); user != "acme" || password != "secret" || !from.IsLoopback() || !bounded {
					t.Errorf("%s: asked for %s with %s from %v", name, user, password, from)
				}
				return c.password()
			}
		}
		s := NewServer(config)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(listener) }()
		client, err := gossh.Dial("tcp", listener.Addr().String(), &gossh.ClientConfig{
			User: "acme", Auth: []gossh.AuthMethod{gossh.Password("secret")}, HostKeyCallback: gossh.InsecureIgnoreHostKey()})
		if (err == nil) != c.in {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			client.Close()
		}
		s.Shutdown(t.Context())
		if err := <-served; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), c.told) {
			t.Errorf("%s: told %s", name, &log)
		}
	}
}
