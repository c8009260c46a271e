package etcd

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store/bolt"
)

// Only one node has a name; its next process has it at once, and another folder's only
// after its lease.
func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		folder := t.TempDir()
		a := m.node(t, folder, "a", 0)
		if _, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m); !errors.Is(err, ErrNodeRuns) {
			t.Error(err)
		}
		b := m.node(t, t.TempDir(), "b", 0)
		defer b.Close()
		all, err := b.Nodes(t.Context())
		if err != nil || len(all) != 2 || all[0].Name != "a" || all[1].Name != "b" {
			t.Errorf("%+v, %v", all, err)
		}
		a.seat.lease = 0 // it dies without giving up its name
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		a = m.node(t, folder, "a", 0)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the next process waited for %v", took)
		}
		a.seat.lease = 0
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		a = m.node(t, t.TempDir(), "a", 0)
		if took := time.Since(begun); took < nodeLease/2 {
			t.Errorf("another folder took the name after %v", took)
		}
		defer a.Close()
	})
}
