package passwords

import (
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// A keeper is a KnownStore that fails or panics if it is told to.
type keeper struct {
	mu     sync.Mutex
	stored []store.KnownHost
	logins []store.Login
	puts   int // of known hosts
	err    error
	panics bool
}

func (k *keeper) KnownHosts() ([]store.KnownHost, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.stored), k.err
}

func (k *keeper) PutKnownHosts(all []store.KnownHost) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.panics {
		panic("no disk")
	}
	if k.err == nil {
		k.stored = all
		k.puts++
	}
	return k.err
}

func (k *keeper) Logins() ([]store.Login, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.logins), k.err
}

func (k *keeper) PutLogins(all []store.Login) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.logins = all
	}
	return k.err
}

func (k *keeper) set(err error, panics bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err, k.panics = err, panics
}

// guard is a guard that counts panics.
func (k *keeper) guard(n *int) func(string, func()) bool {
	return func(_ string, f func()) (ok bool) {
		defer func() {
			if recover() != nil {
				*n++
			}
		}()
		f()
		return true
	}
}

// Known hosts outlast a restart, for a day after their last login.
func TestKnownHostsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, panics := &keeper{}, 0
		start := func() (*Checker, func()) {
			c := New(failsToLookUp{})
			return c, c.Keep(k, slog.New(slog.DiscardHandler), k.guard(&panics))
		}
		near, far := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::1")
		c, stop := start()
		c.Remember(1, near)
		time.Sleep(2 * saveEvery)
		c.Remember(1, near) // too soon for another write
		time.Sleep(2 * saveEvery)
		c.Remember(2, far)
		stop()
		if k.puts != 2 || len(k.stored) != 2 {
			t.Errorf("%d writes, of %v", k.puts, k.stored)
		}
		time.Sleep(12 * time.Hour)
		c, stop = start()
		if !c.Known(near) || !c.Known(far.Next()) || c.Known(near.Next()) {
			t.Error("the hosts are not those from before the restart")
		}
		if !c.known.hasLogin(knownHost{1, store.HostOf(near)}) || c.known.hasLogin(knownHost{2, store.HostOf(near)}) {
			t.Error("the logins are not those from before the restart")
		}
		c.Remember(2, far)
		time.Sleep(12 * time.Hour)
		if c.Known(near) || !c.Known(far) {
			t.Error("a day later, the hosts are not those of the last logins")
		}
		time.Sleep(saveEvery)
		if len(k.stored) != 1 {
			t.Errorf("an expired one is stored: %v", k.stored)
		}
		stop()
	})
}

// A clock that was set back keeps no host for longer than a day from the next start.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := 0
		k := &keeper{stored: []store.KnownHost{{Account: 1, Host: store.HostOf(client), At: time.Now().AddDate(4, 0, 0)}}}
		for range 3 { // with a restart each
			c := New(failsToLookUp{})
			stop := c.Keep(k, slog.New(slog.DiscardHandler), k.guard(&panics))
			if !c.Known(client) {
				t.Error("not known")
			}
			time.Sleep(knownFor / 3)
			stop()
		}
		c := New(failsToLookUp{})
		defer c.Keep(k, slog.New(slog.DiscardHandler), k.guard(&panics))()
		if c.Known(client) {
			t.Error("still known a day later")
		}
	})
}

// A store that fails or panics is tried again, and logged once.
func TestKeepingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, panics := &keeper{err: errors.New("no disk")}, 0
		var log strings.Builder
		c := New(failsToLookUp{})
		stop := c.Keep(k, slog.New(slog.NewTextHandler(&log, nil)), k.guard(&panics))
		c.Remember(1, client)
		time.Sleep(3*saveEvery + saveEvery/2) // not at a tick
		k.set(nil, true)
		time.Sleep(3 * saveEvery)
		k.set(nil, false)
		time.Sleep(2 * saveEvery)
		stop()
		if len(k.stored) != 1 || panics != 3 || strings.Count(log.String(), "msg=\"saving known hosts failed, retrying\"") != 1 || strings.Count(log.String(), "reading known hosts failed") != 1 {
			t.Errorf("%d stored, %d panics\n%s", len(k.stored), panics, &log)
		}
	})
}

// The number of known hosts is bounded: the oldest goes.
func TestKnownHostsAreBounded(t *testing.T) {
	k := newKnownHosts()
	for n := range maxKnown + 10 {
		k.add(knownHost{1, store.HostOf(from(n))}, time.Now())
		k.add(knownHost{2, store.HostOf(from(n))}, time.Now())
	}
	if k.logins.Len() != maxKnown || len(k.hosts) != maxKnown/2 || k.has(store.HostOf(from(0))) || !k.has(store.HostOf(from(maxKnown+9))) {
		t.Errorf("%d logins, %d hosts", k.logins.Len(), len(k.hosts))
	}
}
