package bolt

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// tell appends n entries to an account's history in one transaction, each a
// second behind the one before, and returns the time of the last.
func tell(t *testing.T, db *DB, account store.AccountID, n int, detail string, from time.Time) time.Time {
	t.Helper()
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range n {
			if i > 0 {
				from = from.Add(time.Second)
			}
			e := store.Entry{Account: account, Audit: store.Audit{Command: "TEST", Detail: detail}}
			if err := putEntry(tx, e, from); err != nil {
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

// sizesHold compares the sizes that are kept with what is there, and returns
// the entries and bytes of an account.
func sizesHold(t *testing.T, db *DB, account store.AccountID) (entries, size int) {
	t.Helper()
	type sizes struct{ entries, size int }
	there, kept := map[store.AccountID]sizes{}, map[store.AccountID]sizes{}
	err := db.b.View(func(tx *bbolt.Tx) error {
		_ = tx.Bucket(bucketHistory).ForEach(func(k, v []byte) error {
			s := there[accountID(k)]
			there[accountID(k)] = sizes{s.entries + 1, s.size + len(k) + len(v)}
			return nil
		})
		return tx.Bucket(bucketHistorySizes).ForEach(func(k, v []byte) error {
			e, n := binary.Uvarint(v)
			s, _ := binary.Uvarint(v[n:])
			kept[accountID(k)] = sizes{int(e), int(s)}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(there, kept) {
		t.Errorf("sizes %v are kept, and there are %v", kept, there)
	}
	return there[account].entries, there[account].size
}

func oldest(t *testing.T, db *DB, account store.AccountID) (begun time.Time) {
	t.Helper()
	err := db.b.View(func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(bucketHistory).Cursor().Seek(accountKey(account))
		begun = time.Unix(0, int64(binary.BigEndian.Uint64(k[4:]))).UTC()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

func TestHistoryIsBounded(t *testing.T) {
	t.Run("entries", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		tell(t, db, 1, 3, "", newYear)
		tell(t, db, 3, 3, "", newYear)
		tell(t, db, 2, store.HistoryEntries, "", newYear)
		if n, _ := sizesHold(t, db, 2); n != store.HistoryEntries || oldest(t, db, 2) != newYear {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		tell(t, db, 2, 5, "", newYear.Add(24*time.Hour))
		if n, _ := sizesHold(t, db, 2); n != store.HistoryEntries || oldest(t, db, 2) != newYear.Add(5*time.Second) {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		for _, neighbour := range []store.AccountID{1, 3} {
			if n, _ := sizesHold(t, db, neighbour); n != 3 {
				t.Errorf("account %d has %d entries", neighbour, n)
			}
		}
	})
	t.Run("bytes", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		const each = 1 << 20
		tell(t, db, 2, 20, strings.Repeat("x", each), newYear)
		n, size := sizesHold(t, db, 2)
		if n != store.HistoryBytes/each-1 || size > store.HistoryBytes || oldest(t, db, 2) != newYear.Add(time.Duration(20-n)*time.Second) {
			t.Errorf("%d entries of %d bytes since %v", n, size, oldest(t, db, 2))
		}
		// A short one pushes out none where it fits in.
		tell(t, db, 2, 1, "", newYear.Add(time.Hour))
		if got, _ := sizesHold(t, db, 2); got != n+1 {
			t.Errorf("%d entries, after %d", got, n)
		}
	})
	t.Run("age", func(t *testing.T) {
		db := open(t, t.TempDir())
		defer db.Close()
		last := tell(t, db, 2, 10, "", newYear)
		tell(t, db, 1, 1, "", newYear)
		tell(t, db, 2, 1, "", newYear.Add(store.HistoryAge)) // to the second: the first is as old as may be
		if n, _ := sizesHold(t, db, 2); n != 11 {
			t.Errorf("%d entries", n)
		}
		tell(t, db, 2, 1, "", newYear.Add(store.HistoryAge+3*time.Second))
		if n, _ := sizesHold(t, db, 2); n != 9 || oldest(t, db, 2) != newYear.Add(3*time.Second) {
			t.Errorf("%d entries since %v", n, oldest(t, db, 2))
		}
		tell(t, db, 2, 1, "", last.Add(2*store.HistoryAge))
		if n, _ := sizesHold(t, db, 2); n != 1 {
			t.Errorf("%d entries", n)
		}
		// One that is too old by the time it comes is not kept, nor is a size.
		err := db.b.Update(func(tx *bbolt.Tx) error {
			return putEntry(tx, store.Entry{Account: 5, Audit: store.Audit{Begun: newYear}}, newYear.Add(2*store.HistoryAge))
		})
		if n, _ := sizesHold(t, db, 5); n != 0 || err != nil {
			t.Errorf("%d entries, %v", n, err)
		}
		// An account of which nothing is told any more is reached by all.
		if n, _ := sizesHold(t, db, 1); n != 1 {
			t.Errorf("%d entries", n)
		}
		if err := db.b.Update(func(tx *bbolt.Tx) error { return pruneAll(tx, newYear.Add(store.HistoryAge+time.Second)) }); err != nil {
			t.Fatal(err)
		}
		if n, _ := sizesHold(t, db, 1); n != 0 {
			t.Errorf("%d entries", n)
		}
		if n, _ := sizesHold(t, db, 2); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// An account that is gone tells no more, so others see to it that its history
// goes too.
func TestRemovalClearsOldHistories(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	gone, a := addAccount(t, db, "gone"), addAccount(t, db, "acme")
	if err := db.RemoveAccount(store.Audit{}, false, gone.ID); err != nil {
		t.Fatal(err)
	}
	tell(t, db, 99, 3, "", time.Now())
	err := db.b.Update(func(tx *bbolt.Tx) error {
		old := store.Entry{Account: 99, Audit: store.Audit{Begun: time.Now().Add(-2 * store.HistoryAge)}}
		return putEntry(tx, old, old.Audit.Begun)
	})
	if n, _ := sizesHold(t, db, 99); n != 4 || err != nil {
		t.Fatalf("%d entries, %v", n, err)
	}
	if err := db.RemoveAccount(store.Audit{}, false, a.ID); err != nil {
		t.Fatal(err)
	}
	if n, _ := sizesHold(t, db, 99); n != 3 {
		t.Errorf("%d entries", n)
	}
	if n, _ := sizesHold(t, db, gone.ID); n != 2 {
		t.Errorf("%d entries of an account just removed", n)
	}
}

// Whatever is done, the sizes of the histories are what is there.
func TestHistorySizesHold(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	r := rand.New(rand.NewPCG(3, 4))
	var ids []store.AccountID
	for i := range 5 {
		ids = append(ids, addAccount(t, db, store.Name(fmt.Sprintf("partner%d", i))).ID)
	}
	for i := range 300 {
		id := ids[r.IntN(len(ids))]
		c := store.Audit{Actor: id, Command: "TEST", Detail: strings.Repeat("d", r.IntN(300)), Begun: time.Now().Add(-time.Duration(r.IntN(1000)) * time.Hour)}
		dryRun := r.IntN(5) == 0
		switch r.IntN(4) {
		case 0:
			_, _ = db.UpdateAccount(c, dryRun, id, func(a *store.Account) error { a.Company = fmt.Sprint(r.IntN(2)); return nil })
		case 1:
			if removed, err := db.AddAccount(store.Audit{}, false, store.Account{Name: store.Name(fmt.Sprintf("short%d", i))}); err == nil {
				_ = db.RemoveAccount(c, dryRun, removed.ID)
			}
		default:
			o := store.Batch{Audit: c, Rule: store.Rule(r.IntN(2)), Owner: id, Atomic: r.IntN(3) == 0, DryRun: dryRun}
			for range r.IntN(10) {
				o.Changes = append(o.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("0004130000%02X", r.IntN(32)))})
			}
			if _, err := db.Change(o); err != nil {
				t.Fatal(err)
			}
		}
		if i%50 == 0 {
			// Then much gets too old.
			if err := db.b.Update(func(tx *bbolt.Tx) error { return pruneAll(tx, time.Now().Add(store.HistoryAge-500*time.Hour)) }); err != nil {
				t.Fatal(err)
			}
		}
		sizesHold(t, db, id)
	}
	total := 0
	for _, id := range ids {
		n, _ := sizesHold(t, db, id)
		total += n
	}
	if total == 0 {
		t.Error("nothing was told")
	}
}

// A page ends behind an entry that is long, and the next goes on there.
func TestPagesOfLongEntries(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	var ranges []macaddr.Range
	for i := range maxPageRanges/2 + 1 {
		mac, err := fromNumber(uint64(0x000413000000 + 2*i))
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, macaddr.Range{First: mac, Last: mac})
	}
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range 5 {
			if err := putEntry(tx, store.Entry{Account: 1, MACs: ranges}, newYear.Add(time.Duration(i))); err != nil {
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
				t.Error("an entry came back otherwise")
			}
			before = e.Mark
		}
	}
}

// readRanges reads numbers of ranges out of a fuzzer's bytes: the distance from
// the one before, and the length.
func readRanges(data []byte) (ranges []macaddr.Range) {
	last := uint64(0)
	for len(data) >= 8 {
		first := last + 1 + uint64(binary.BigEndian.Uint32(data))<<(data[7]%17)
		end := first + uint64(binary.BigEndian.Uint16(data[4:]))<<(data[6]%9)
		data = data[8:]
		a, err1 := fromNumber(first)
		b, err2 := fromNumber(end)
		if err1 != nil || err2 != nil || end-first >= 1<<24 {
			continue
		}
		ranges = append(ranges, macaddr.Range{First: a, Last: b})
		last = end
	}
	return ranges
}

// Ranges in order come back as they were.
func FuzzRanges(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x04\x13\x22\x00\x00\x00\x10" + "\x00\x00\x00\x00\x00\x1F\x00\x00" + "\xFF\xFF\xFF\xFF\xFF\xFF\x08\x0F"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ranges := readRanges(data)
		var back []macaddr.Range
		err := eachRange(appendRanges(nil, ranges), func(r macaddr.Range) { back = append(back, r) })
		if err != nil || !slices.Equal(ranges, back) {
			t.Fatalf("%v came back as %v, %v", ranges, back, err)
		}
	})
}

// A damaged entry is an error or some entry, in which one phone is found just
// where it is named.
func FuzzDecodeEntry(f *testing.F) {
	entry := func(head string, macs ...macaddr.Range) []byte {
		return appendRanges(append(binary.AppendUvarint(nil, uint64(len(head))), head...), macs)
	}
	key := entryKey(store.Mark{Account: 1, Begun: newYear.UnixNano(), Number: 2})
	f.Add(key, []byte{})
	f.Add(key, entry(`{"what":"REGISTER"}`))
	f.Add(key, entry(`{"account":"acme","by":"olga","what":"x"}`, macaddr.Range{First: testMAC, Last: macaddr.MustParse("0004132202FF")}))
	f.Add(key, entry(`{`, macaddr.Range{First: testMAC, Last: testMAC}))
	f.Add(key, []byte("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"))
	f.Add(key[:5], entry(`{}`))
	f.Fuzz(func(t *testing.T, k, v []byte) {
		e, ok, err := decodeEntry(k, v, macaddr.Addr{})
		one, named, errOne := decodeEntry(k, v, testMAC)
		if err != nil {
			if ok || named && errOne == nil {
				t.Fatalf("%v, but named is %v, %v", err, named, errOne)
			}
			return
		}
		if !ok || string(entryKey(e.Mark)) != string(k) {
			t.Fatalf("%x came back as %+v", k, e.Mark)
		}
		if want := slices.ContainsFunc(e.MACs, func(r macaddr.Range) bool { return r.Contains(testMAC) }); named != want || errOne != nil {
			t.Fatalf("%v: named is %v, %v", e.MACs, named, errOne)
		}
		if named && !slices.Equal(one.MACs, []macaddr.Range{{First: testMAC, Last: testMAC}}) {
			t.Fatalf("%v", one.MACs)
		}
		for _, r := range e.MACs {
			if r.Len() < 1 || r.Len() > 1<<24 {
				t.Fatalf("%v holds %d", r, r.Len())
			}
		}
	})
}
