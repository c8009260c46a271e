package etcd

import (
	"context"
	"errors"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// A late etcd tells a node what was written only once it is let.
type late struct {
	*memory
	let chan struct{}
}

func (l late) watch(ctx context.Context, after int64, f func([]record) error) error {
	return l.memory.watch(ctx, after, func(batch []record) error {
		select {
		case <-l.let:
		case <-ctx.Done():
			return ctx.Err()
		}
		return f(batch)
	})
}

// A change is not refused because of what a node knew before another one changed it, and
// not while etcd is away.
func TestRefusedByTheTruth(t *testing.T) {
	m := newMemory()
	a := m.node(t, t.TempDir(), "a", 0)
	defer a.Close()
	url, err := store.ParseURL("http://prov.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	olga, err := a.AddAccount(store.Audit{}, false, store.Account{Name: "olga", Role: store.Operator, SettingServer: url})
	if err != nil {
		t.Fatal(err)
	}
	l := late{m, make(chan struct{})}
	b, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "b", Prefix: "sr1/"}, l)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	change := func(n *Node, rule store.Rule) error {
		results, err := n.Change(store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: rule, Owner: olga.ID,
			Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E4")}}})
		if err != nil {
			return err
		}
		return results[0].Err
	}
	if err := change(a, store.RuleRegister); err != nil {
		t.Fatal(err)
	}
	b.Fresh(t.Context())
	if at := b.Stale(); at.IsZero() || time.Since(at) > time.Minute {
		t.Errorf("b knows nothing of the phone, and calls itself as of %v", at)
	}
	deregistered := make(chan error)
	go func() { deregistered <- change(b, store.RuleDeregister) }()
	select {
	case err := <-deregistered:
		t.Fatalf("b knows nothing of the phone yet, and answers %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(l.let)
	if err := <-deregistered; err != nil {
		t.Error(err)
	}
	b.Fresh(t.Context())
	if at := b.Stale(); !at.IsZero() {
		t.Errorf("b knows all, and calls itself as of %v", at)
	}

	if err := change(b, store.RuleDeregister); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deregistered again: %v, want %v", err, store.ErrNotFound)
	}
	m.set(func() { m.gone = true })
	if err := change(b, store.RuleDeregister); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("without etcd: %v, want %v", err, store.ErrUnavailable)
	}
	m.set(func() { m.gone = false })
}
