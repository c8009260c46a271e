package bolt

import (
	"math"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// many writes a database with n phones of one account, and returns its path.
func many(t testing.TB, n int) string {
	t.Helper()
	db := open(t, t.TempDir())
	acme := addAccount(t, db, "acme")
	set := func(a *store.Account) error { a.Quota = n; return nil }
	if _, err := db.UpdateAccount(store.Audit{}, false, acme.ID, set); err != nil {
		t.Fatal(err)
	}
	batch := register(acme.ID, store.URL{})
	for mac := range (macaddr.Range{First: macaddr.MustParse("000413000000"), Last: macaddr.MustParse("000413FFFFFF")}).All() {
		if len(batch.Changes) == n {
			break
		}
		batch.Changes = append(batch.Changes, store.Change{MAC: mac})
	}
	mustChange(t, db, batch)
	file := db.b.name
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// All that a check allocates, even for a moment, is much less than the MACs of the
// phones.
func TestCheckMemory(t *testing.T) {
	const n = 20_000
	b, err := openReadOnly(many(t, n))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	least := uint64(math.MaxUint64) // what else runs in this process allocates too, but not each time
	for range 5 {
		var before, after runtime.MemStats
		err := b.View(func(tx *bbolt.Tx) error {
			r := Report{Schema: len(migrations) + 1}
			runtime.ReadMemStats(&before)
			checkRecords(tx, &r, time.Now())
			runtime.ReadMemStats(&after)
			if r.Phones != n || r.Found != 0 {
				t.Errorf("%+v", r)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > 2*n {
		t.Errorf("allocated %d bytes", least)
	}
}

// BenchmarkCheck measures a check of 100,000 phones.
func BenchmarkCheck(b *testing.B) {
	const n = 100_000
	file := many(b, n)
	for b.Loop() {
		if r := checkFinds(b, file); r.Phones != n {
			b.Fatalf("%d phones", r.Phones)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/phone")
}
