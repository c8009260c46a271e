package etcd

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A list is changed in parts that etcd can write at once, unless it is to be all or
// nothing.
func TestLists(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now()}, Rule: store.RuleRegister, Owner: a.ID}
		for i := range 1000 {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i*37%1000))})
		}
		b.Atomic = true
		if _, err := nodes[0].Change(b); !errors.Is(err, store.ErrTooLarge) {
			t.Error(err)
		}
		b.Atomic = false
		swaps := m.counted()
		results, err := nodes[0].Change(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Err != nil || r.Next.MAC != b.Changes[i].MAC {
				t.Fatalf("%d: %+v", i, r)
			}
		}
		if n := m.counted() - swaps; n < 8 || n > 15 { // with those of the nodes' names
			t.Errorf("%d changes of etcd for 1,000 phones", n)
		}
		entries, err := nodes[0].History(a.ID, macaddr.Addr{}, store.Mark{}, 100)
		if err != nil || len(entries) != 2 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}

// What etcd can't write at once can't be undone, and stays as it is.
func TestTooLargeToUndo(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now(), Undoable: true}, Rule: store.RuleRegister, Owner: a.ID}
		for i := range 500 {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i))})
		}
		if _, err := nodes[0].Change(b); err != nil {
			t.Fatal(err)
		}
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); !errors.Is(err, store.ErrTooLarge) {
			t.Error(err)
		}
		if n, err := nodes[0].CountPhones(); n != 500 || err != nil {
			t.Error(n, err)
		}
		m.set(func() { m.maxRecords = 10_000 })
		nodes[0].probe(t.Context())
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); err != nil {
			t.Error(err)
		}
		if n, err := nodes[0].CountPhones(); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}
