package contacts_test

import (
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// TestStorm records contacts of 20,000 phones concurrently and finds them in the
// file.
func TestStorm(t *testing.T) {
	const goroutines, each = 50, 400
	folder := t.TempDir()
	file, err := bolt.OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { file.Close() }()
	r := contacts.New(contacts.Config{Store: file})
	var phones sync.WaitGroup
	for g := range goroutines {
		phones.Go(func() {
			for n := range each {
				c := contact(g*each+n, store.Redirected)
				r.Record(c)
				if got, err := r.Contact(c.MAC); err != nil || got != c {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	phones.Wait()
	r.Close()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if file, err = bolt.OpenContacts(folder, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for n := range goroutines * each {
		if c, err := file.Contact(phone(n)); err != nil || c.MAC != phone(n) || c.Firmware != "7.3.14" {
			t.Fatalf("%d: %+v, %v", n, c, err)
		}
	}
}

type discard struct{ contacts.Store }

func (discard) Knows(macaddr.Addr, store.Source) (bool, error) { return false, nil }
func (discard) PutContacts([]store.Contact) error              { return nil }
func (discard) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}

// BenchmarkRecord measures Record, called by 64 goroutines.
func BenchmarkRecord(b *testing.B) {
	const n = 1 << 17 // twice the size of the table
	all := make([]store.Contact, n)
	for _, answer := range []store.Answer{store.Redirected, store.Unregistered} {
		for i := range all {
			all[i] = contact(i, answer)
		}
		b.Run(answer.String(), func(b *testing.B) {
			r := contacts.New(contacts.Config{Store: discard{}})
			defer r.Close()
			var start atomic.Uint32
			b.ReportAllocs()
			b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				for i := start.Add(7919); pb.Next(); i++ {
					r.Record(all[i%n])
				}
			})
		})
	}
}
