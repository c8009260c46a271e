package contacts_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// A told is what a Recorder tells of what is stored.
type told struct{ stored, deleted []macaddr.Addr }

// newStored returns a Recorder with a file, and what it tells.
func newStored(t *testing.T, registered func(macaddr.Addr) (bool, error)) (*contacts.Recorder, *told) {
	file, err := bolt.OpenContacts(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	to := &told{}
	r := contacts.New(contacts.Config{Store: file, Registered: registered,
		Stored:  func(macs []macaddr.Addr) { to.stored = append(to.stored, macs...) },
		Deleted: func(macs []macaddr.Addr) { to.deleted = append(to.deleted, macs...) },
	})
	t.Cleanup(func() { r.Close(); file.Close() })
	return r, to
}

// What was stored is told, and what was not is not for others.
func TestStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := newStored(t, func(mac macaddr.Addr) (bool, error) { return mac != phone(3), nil })
		for n, answer := range []store.Answer{store.Unregistered, store.Redirected, store.Withheld, store.Redirected} {
			r.Record(contact(n, answer))
		}
		pass(every)
		if !slices.Equal(told.stored, []macaddr.Addr{phone(1), phone(3)}) || !slices.Equal(told.deleted, []macaddr.Addr{phone(3)}) {
			t.Errorf("%+v", told)
		}
		r.Record(contact(1, store.Unregistered))
		if c, err := r.Stored(phone(1)); err != nil || c.Answer != store.Redirected {
			t.Errorf("%+v, %v", c, err)
		}
		if c, err := r.Stored(phone(0)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// What other nodes know is known here if it is later, and is not told again.
func TestMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := newStored(t, nil)
		var theirs, ours []store.Contact
		for n := range 6_000 { // more than one batch
			theirs = append(theirs, contact(n, store.Redirected))
		}
		pass(time.Second)
		for n := range 2 {
			c := contact(n, store.Redirected)
			c.Firmware = "8.7.3"
			ours = append(ours, c)
			r.Record(c)
		}
		pass(every)
		later, err := r.Merge(theirs)
		if err != nil || !slices.Equal(later, []macaddr.Addr{phone(0), phone(1)}) {
			t.Errorf("%v, %v", later, err)
		}
		want(t, r, ours[0])
		want(t, r, theirs[2])
		want(t, r, theirs[5_999])
		if len(told.stored) != 2 {
			t.Errorf("%d are told", len(told.stored))
		}
	})
}

// An older contact in memory does not hide what another node knows, and a later one does.
func TestMergeOverTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newStored(t, nil)
		r.Record(contact(1, store.Unregistered))
		pass(time.Second)
		theirs := []store.Contact{contact(1, store.Redirected), contact(2, store.Redirected)}
		pass(time.Second)
		later := contact(2, store.Withheld)
		r.Record(later)
		if _, err := r.Merge(theirs); err != nil {
			t.Error(err)
		}
		want(t, r, theirs[0])
		want(t, r, later)
		if tried := r.Unregistered(); len(tried) != 0 {
			t.Errorf("%+v", tried)
		}
	})
}

// A Store that fails or panics merges nothing.
func TestMergeFails(t *testing.T) {
	for _, fails := range []bool{true, false} {
		r := contacts.New(contacts.Config{Store: &failingMerge{fails: fails}, Guard: func(_ string, f func()) bool {
			defer func() { _ = recover() }()
			f()
			return true
		}})
		if _, err := r.Merge([]store.Contact{contact(1, store.Redirected)}); err == nil {
			t.Error("no error")
		}
		r.Close()
	}
}

// A failingMerge fails or panics when it merges.
type failingMerge struct {
	contacts.Store
	fails bool
}

func (f *failingMerge) MergeContacts([]store.Contact) ([]macaddr.Addr, error) {
	if f.fails {
		return nil, errors.New("disk full")
	}
	panic("damaged")
}
