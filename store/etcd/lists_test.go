package etcd

import (
	"errors"
	"fmt"
	"strings"
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

// What etcd can't write at once is undone in parts, which are one entry of the history.
func TestUndoInParts(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now(), Undoable: true}, Rule: store.RuleRegister, Owner: a.ID}
		for i := range store.MaxUndo {
			b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i))})
		}
		if _, err := nodes[0].Change(b); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		nodes[1].Fresh(t.Context())
		u, err := nodes[1].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false)
		if err != nil || len(u.Phones) != store.MaxUndo {
			t.Errorf("%d phones, %v", len(u.Phones), err)
		}
		if n, err := nodes[1].CountPhones(); n != 0 || err != nil {
			t.Error(n, err)
		}
		entries, err := nodes[1].History(a.ID, macaddr.Addr{}, store.Mark{}, 1)
		if err != nil || len(entries) != 1 || entries[0].Audit.Command != "UNDO" || entries[0].Times != 1 || len(entries[0].MACs) != 1 || entries[0].MACs[0].Len() != store.MaxUndo {
			t.Errorf("%+v, %v", entries, err)
		}
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); !errors.Is(err, store.ErrNothingToUndo) {
			t.Error(err)
		}
	})
}

// The phones of a long list may all have the longest URLs and notes. If it can't be stored
// what they were before, the list is made nevertheless, and can't be undone.
func TestLongestURLs(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		a := account(t, nodes[0], "acme")
		for i := range 2 {
			b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: time.Now(), Undoable: true}, Rule: store.RuleRegister, Owner: a.ID}
			url := store.RestoreURL(fmt.Sprintf("http://%d.example/%s", i, strings.Repeat("x", 237)))
			for i := range store.MaxUndo {
				b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i)), URL: url, Note: store.Note(strings.Repeat("é", store.MaxNote)), Noted: true})
			}
			if _, err := nodes[0].Change(b); err != nil {
				t.Fatal(i, err)
			}
			time.Sleep(time.Second)
		}
		if _, err := nodes[0].Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false); !errors.Is(err, store.ErrNotUndoable) {
			t.Error(err)
		}
	})
}
