package contacts_test

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// What is stored of phones that are no longer registered is deleted page by page, once
// a day, and what is stored of others stays.
func TestPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, err := bolt.OpenContacts(t.TempDir(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		const n, page = 12_000, 5_000
		var all []store.Contact
		for i := range n {
			all = append(all, contact(i, store.Redirected))
		}
		for i := 0; i < n; i += page {
			if err := file.PutContacts(all[i:min(n, i+page)]); err != nil {
				t.Fatal(err)
			}
		}
		var left atomic.Int64 // every how many phones one is registered; with 0, that is not known
		r := contacts.New(contacts.Config{Store: file, Registered: func(mac macaddr.Addr) (bool, error) {
			every := int(left.Load())
			if every == 0 {
				return false, errors.New("no disk")
			}
			b := mac.As6()
			return (int(b[3])<<16+int(b[4])<<8+int(b[5]))%every == 0, nil
		}})
		defer r.Close()
		stored := func(want int) {
			t.Helper()
			phones, err := file.Phones(macaddr.Addr{}, 2*n)
			known := 0
			for _, c := range all {
				if ok, err := file.Knows(c.MAC, store.SourceOf(c.From)); err != nil || ok {
					known++
				}
			}
			if err != nil || len(phones) != want || known != want {
				t.Errorf("%d phones and %d sources are stored, %v; want %d", len(phones), known, err, want)
			}
		}
		time.Sleep(every + time.Second)
		stored(n)
		left.Store(3)
		time.Sleep(every)
		stored(n - page*2/3) // one page
		time.Sleep(3 * every)
		stored(n / 3)
		left.Store(6)
		time.Sleep(time.Hour)
		stored(n / 3)
		time.Sleep(24 * time.Hour)
		stored(n / 6)
	})
}
