package bolt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// addEntries appends n entries to an account's history in one transaction, each a
// second after the previous one, and returns the time of the last.
func addEntries(t *testing.T, db *DB, account store.AccountID, n int, detail string, from time.Time) time.Time {
	t.Helper()
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range n {
			if i > 0 {
				from = from.Add(time.Second)
			}
			e := store.Entry{Account: account, Audit: store.Audit{Command: fmt.Sprint("TEST ", from.Unix()), Detail: detail}}
			if err := putEntry(&writeTx{Tx: tx}, e, from); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return from
}

// oldest returns the time of the first entry of an account's history.
func oldest(t *testing.T, db *DB, account store.AccountID) (begun time.Time) {
	t.Helper()
	err := db.b.View(func(tx *bbolt.Tx) error {
		k, _ := historyOf(tx, store.AboutAccounts).Cursor().Seek(accountKey(account))
		begun = time.Unix(0, int64(binary.BigEndian.Uint64(k[4:]))).UTC()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

func TestHistoryIsBounded(t *testing.T) {
	maxEntries, maxBytes := store.AboutAccounts.Bounds()
	t.Run("entries", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		addEntries(t, db, 1, 3, "", newYear)
		addEntries(t, db, 3, 3, "", newYear)
		addEntries(t, db, 2, maxEntries, "", newYear)
		if n, _ := checkSizes(t, db, 2); n != maxEntries || oldest(t, db, 2) != newYear {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		addEntries(t, db, 2, 5, "", newYear.Add(24*time.Hour))
		if n, _ := checkSizes(t, db, 2); n != maxEntries || oldest(t, db, 2) != newYear.Add(5*time.Second) {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		for _, neighbour := range []store.AccountID{1, 3} {
			if n, _ := checkSizes(t, db, neighbour); n != 3 {
				t.Errorf("account %d has %d entries", neighbour, n)
			}
		}
	})
	t.Run("bytes", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		const each = 1 << 20
		addEntries(t, db, 2, 20, strings.Repeat("x", each), newYear)
		n, size := checkSizes(t, db, 2)
		if n != maxBytes/each-1 || size > maxBytes || oldest(t, db, 2) != newYear.Add(time.Duration(20-n)*time.Second) {
			t.Errorf("%d entries of %d bytes since %v", n, size, oldest(t, db, 2))
		}
		// A short entry that fits deletes none.
		addEntries(t, db, 2, 1, "", newYear.Add(time.Hour))
		if got, _ := checkSizes(t, db, 2); got != n+1 {
			t.Errorf("%d entries, after %d", got, n)
		}
	})
	t.Run("age", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		last := addEntries(t, db, 2, 10, "", newYear)
		addEntries(t, db, 1, 1, "", newYear)
		addEntries(t, db, 2, 1, "", newYear.Add(store.HistoryAge)) // the first entry is exactly as old as allowed
		if n, _ := checkSizes(t, db, 2); n != 11 {
			t.Errorf("%d entries", n)
		}
		addEntries(t, db, 2, 1, "", newYear.Add(store.HistoryAge+3*time.Second))
		if n, _ := checkSizes(t, db, 2); n != 9 || oldest(t, db, 2) != newYear.Add(3*time.Second) {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		addEntries(t, db, 2, 1, "", last.Add(2*store.HistoryAge))
		if n, _ := checkSizes(t, db, 2); n != 1 {
			t.Errorf("%d entries", n)
		}
		// An entry that has expired when it is written is not stored, nor is a size.
		err := db.b.Update(func(tx *bbolt.Tx) error {
			return putEntry(&writeTx{Tx: tx}, store.Entry{Account: 5, Audit: store.Audit{Begun: newYear}}, newYear.Add(2*store.HistoryAge))
		})
		if n, _ := checkSizes(t, db, 5); n != 0 || err != nil {
			t.Errorf("%d entries, %v", n, err)
		}
		// pruneAll also reaches an account that gets no new entries.
		if n, _ := checkSizes(t, db, 1); n != 1 {
			t.Errorf("%d entries", n)
		}
		if err := db.b.Update(func(tx *bbolt.Tx) error { return pruneAll(&writeTx{Tx: tx}, newYear.Add(store.HistoryAge+time.Second)) }); err != nil {
			t.Fatal(err)
		}
		if n, _ := checkSizes(t, db, 1); n != 0 {
			t.Errorf("%d entries", n)
		}
		if n, _ := checkSizes(t, db, 2); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// A removed account gets no new entries, so the removal of another account deletes
// its expired ones.
func TestRemovalPrunesHistories(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	gone, a := addAccount(t, db, "gone"), addAccount(t, db, "acme")
	if err := db.RemoveAccount(store.Audit{Command: "REMOVE"}, false, gone.ID); err != nil {
		t.Fatal(err)
	}
	addEntries(t, db, 99, 3, "", time.Now())
	err := db.b.Update(func(tx *bbolt.Tx) error {
		old := store.Entry{Account: 99, Audit: store.Audit{Begun: time.Now().Add(-2 * store.HistoryAge)}}
		return putEntry(&writeTx{Tx: tx}, old, old.Audit.Begun)
	})
	if n, _ := checkSizes(t, db, 99); n != 4 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	if err := db.RemoveAccount(store.Audit{}, false, a.ID); err != nil {
		t.Fatal(err)
	}
	if n, _ := checkSizes(t, db, 99); n != 3 {
		t.Errorf("%d entries", n)
	}
	if n, _ := checkSizes(t, db, gone.ID); n != 2 {
		t.Errorf("%d entries of an account just removed", n)
	}
}

// A page ends early after long entries, and the next one continues there.
func TestPagesOfLongEntries(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	var ranges []macaddr.Range
	for i := range maxPageRanges/2 + 1 {
		mac, err := macaddr.FromUint64(uint64(0x000413000000 + 2*i))
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, macaddr.Range{First: mac, Last: mac})
	}
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range 5 {
			if err := putEntry(&writeTx{Tx: tx}, store.Entry{Account: 1, Audit: store.Audit{Command: fmt.Sprint(i)}, MACs: ranges}, newYear.Add(time.Duration(i))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var before store.Mark
	for _, want := range []int{2, 2, 1, 0} {
		page, err := db.History(0, macaddr.Addr{}, before, 9)
		if err != nil || len(page) != want {
			t.Fatalf("a page of %d, %v; want %d", len(page), err, want)
		}
		for _, e := range page {
			if !slices.Equal(e.MACs, ranges) {
				t.Error("an entry was changed")
			}
			before = e.Mark
		}
	}
}
