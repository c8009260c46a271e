package etcd

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// behind opens a node that gets what others write only once let is closed.
func (m *memory) behind(t *testing.T, let chan struct{}) *Node {
	t.Helper()
	n, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "behind", Prefix: "sr1/"}, late{m, let})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// A node that lags lets nobody wait for more than a second, and says so. Somebody who hangs
// up before says nothing about it.
func TestFreshGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, let := newMemory(), make(chan struct{})
		a := m.node(t, t.TempDir(), "a", 0)
		defer a.Close()
		account(t, a, "acme")
		b := m.behind(t, let)
		account(t, a, "bravo")
		takes := func(want time.Duration) {
			t.Helper()
			begun := time.Now()
			if b.Fresh(t.Context()); time.Since(begun) != want {
				t.Errorf("it gave up after %v, want %v", time.Since(begun), want)
			}
		}
		brief, cancel := context.WithTimeout(t.Context(), freshTime/2)
		defer cancel()
		if b.Fresh(brief); !b.Stale().IsZero() {
			t.Errorf("after a client has hung up: as of %v", b.Stale())
		}
		if takes(freshTime); b.Stale().IsZero() {
			t.Error("after a second it calls itself current")
		}
		close(let)
		synctest.Wait()
		takes(0)
		if _, err := b.AccountNamed("bravo"); err != nil || !b.Stale().IsZero() {
			t.Errorf("%v, as of %v", err, b.Stale())
		}
	})
}

// A change is refused, before its outcome can be unknown, if its login has found that etcd
// doesn't answer.
func TestRefusedSoon(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		m.set(func() { m.gone = true })
		nodes[0].Fresh(t.Context())
		begun := time.Now()
		if err := one(nodes[0], store.RuleRegister, a.ID, testMAC); !errors.Is(err, store.ErrUnavailable) || time.Since(begun) > freshTime {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		m.set(func() { m.gone = false })
		nodes[0].Fresh(t.Context())
		if err := one(nodes[0], store.RuleRegister, a.ID, testMAC); err != nil {
			t.Error(err)
		}
	})
}

// A mute etcd answers nothing while it is.
type mute struct {
	*memory
	is *atomic.Bool
}

func (m mute) wait(ctx context.Context) error {
	for m.is.Load() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func (m mute) read(ctx context.Context, s span) (page, error) {
	if err := m.wait(ctx); err != nil {
		return page{}, err
	}
	return m.memory.read(ctx, s)
}

func (m mute) swap(ctx context.Context, c change) (swapped, error) {
	if err := m.wait(ctx); err != nil {
		return swapped{}, err
	}
	return m.memory.swap(ctx, c)
}

// While etcd's members choose a leader, a change waits for it, also after its login has
// given up.
func TestChangeWaitsForALeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mute{newMemory(), new(atomic.Bool)}
		n, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		a := account(t, n, "acme")
		m.is.Store(true)
		time.AfterFunc(freshTime*5/2, func() { m.is.Store(false) })
		if n.Fresh(t.Context()); n.Stale().IsZero() {
			t.Error("the login has not given up")
		}
		if err := one(n, store.RuleRegister, a.ID, testMAC); err != nil {
			t.Error(err)
		}
	})
}
