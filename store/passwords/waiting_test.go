package passwords

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// While too many checks are waiting, those of an unknown host are refused, and those
// of a host that sent a correct password in the last 24 hours wait.
func TestKnownHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		known, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:1::1")
		login := func(from netip.Addr) error {
			_, err := l.Check(t.Context(), "acme", password, from)
			return err
		}
		if err := login(known); err != nil {
			t.Fatal(err)
		}
		var leaves []func()
		fill := func() {
			leave, err := l.queue.enter(t.Context(), client, false)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
			l.queue.limit = 1
		}
		time.Sleep(rememberFor)
		fill()
		if err := login(other); err != store.ErrBusy {
			t.Errorf("%v", err)
		}
		done := make(chan error, 2*maxWaitingAHost)
		for range cap(done) {
			go func() { done <- login(known.Next()) }()
		}
		synctest.Wait()
		leaves[0]()
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		time.Sleep(knownFor)
		fill()
		if err := login(known); err != store.ErrBusy {
			t.Errorf("a day later: %v", err)
		}
		leaves[1]()
		if err := login(other); err != nil || len(l.known.hosts) != 1 {
			t.Errorf("%v, %d known hosts, want 1", err, len(l.known.hosts))
		}
	})
}

// A check sees changes that were made to the account while it waited.
func TestChangedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		leave, err := l.queue.enter(t.Context(), client, false)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := l.Check(t.Context(), "acme", password, client)
			done <- err
		}()
		synctest.Wait()
		l.update(func(a *store.Account) { a.Disabled = true })
		leave()
		if err := <-done; err != store.ErrDenied {
			t.Errorf("%v", err)
		}
	})
}

// A cancelled check leaves the queue.
func TestCancelled(t *testing.T) {
	l := newLab(t)
	leave, err := l.queue.enter(t.Context(), client, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, from := range []string{"192.0.2.7", "192.0.2.8"} {
		if _, err := l.Check(ctx, "acme", password, netip.MustParseAddr(from)); err != context.Canceled {
			t.Errorf("%s: %v", from, err)
		}
	}
	leave()
	l.check("acme", password, nil, 1)
}
