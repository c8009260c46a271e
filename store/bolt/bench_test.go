package bolt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// filled returns a database with n phones of one account, added in random order.
func filled(tb testing.TB, n int) (*DB, []macaddr.Addr) {
	tb.Helper()
	return filledWith(tb, n, store.URL{})
}

// filledWith returns the same with url as every phone's own.
func filledWith(tb testing.TB, n int, url store.URL) (*DB, []macaddr.Addr) {
	tb.Helper()
	db := open(tb, tb.TempDir())
	tb.Cleanup(func() { db.Close() })
	a := addAccount(tb, db, "acme")
	var macs []macaddr.Addr
	for _, k := range rand.Perm(n) {
		macs = append(macs, macaddr.MustParse(fmt.Sprintf("000413%06X", k)))
	}
	for batch := range slices.Chunk(macs, 1000) {
		err := db.b.Update(func(tx *bbolt.Tx) error {
			for _, mac := range batch {
				if err := newCounts(draft{}).putResult(&writeTx{Tx: tx}, mac, store.Result{Next: store.Phone{MAC: mac, Owner: a.ID, URL: url, Registered: a.Created}}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return db, macs
}

// BenchmarkRedirection measures the look-up of a phone's request, for phones
// that follow their account and for phones with a URL of their own.
func BenchmarkRedirection(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
		url  store.URL
	}{
		{"1000", 1_000, store.URL{}},
		{"100000", 100_000, store.URL{}},
		{"own-100000", 100_000, store.RestoreURL("http://own.example/{mac}")},
	} {
		b.Run(c.name, func(b *testing.B) {
			db, macs := filledWith(b, c.n, c.url)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := db.Redirection(macs[i%c.n]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkBytesAPhone measures the space of a phone in the database's pages, and
// how much of it is filled, when phones are added in random order, which needs the
// most space.
func BenchmarkBytesAPhone(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		db, _ := filled(b, n)
		var pages, inUse int
		err := db.b.View(func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{bucketPhones, bucketOwned} {
				s := tx.Bucket(name).Stats()
				pages += s.LeafAlloc + s.BranchAlloc
				inUse += s.LeafInuse + s.BranchInuse
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(pages)/n, "bytes/phone")
		b.ReportMetric(float64(inUse)/n, "filled-bytes/phone")
	}
}

// BenchmarkRegister measures a REGISTER that changes nothing.
func BenchmarkRegister(b *testing.B) {
	db, macs := filled(b, 100_000)
	a, err := db.AccountNamed("acme")
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		mustChange(b, db, register(a.ID, store.URL{}, macs[i%len(macs)]))
		i++
	}
}

func register(owner store.AccountID, url store.URL, macs ...macaddr.Addr) store.Batch {
	b := store.Batch{Audit: store.Audit{Actor: owner, Command: "REGISTER"}, Rule: store.RuleRegister, Owner: owner}
	for _, mac := range macs {
		b.Changes = append(b.Changes, store.Change{MAC: mac, URL: url})
	}
	return b
}

// BenchmarkCommit measures a change: as a plain bbolt update, as a REGISTER that
// changes a phone and adds to the history, and as such a REGISTER by one of 64
// concurrent partners.
func BenchmarkCommit(b *testing.B) {
	db, macs := filled(b, 100_000)
	a, err := db.AccountNamed("acme")
	if err != nil {
		b.Fatal(err)
	}
	var i atomic.Int64
	next := func() (macaddr.Addr, store.URL) { // never the URL that the phone has
		i := int(i.Add(1))
		return macs[i%len(macs)], store.RestoreURL(fmt.Sprintf("http://own.example/%d", i))
	}
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			mac, url := next()
			k, v := mac.As6(), appendPhone(nil, store.Phone{MAC: mac, Owner: a.ID, URL: url, Registered: a.Created})
			if err := db.b.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucketPhones).Put(k[:], v) }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("1", func(b *testing.B) {
		for b.Loop() {
			mac, url := next()
			mustChange(b, db, register(a.ID, url, mac))
		}
	})
	b.Run("64", func(b *testing.B) {
		b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mac, url := next()
				if results, err := db.Change(register(a.ID, url, mac)); err != nil || results[0].Err != nil {
					b.Error(results, err)
					return
				}
			}
		})
	})
}

// BenchmarkUpload measures large batches of new phones in random order, into a
// growing database.
func BenchmarkUpload(b *testing.B) {
	const n = 50_000
	db := open(b, b.TempDir())
	defer db.Close()
	a := addAccount(b, db, "acme")
	if _, err := db.UpdateAccount(store.Audit{}, false, a.ID, func(a *store.Account) error { a.Quota = store.MaxQuota; return nil }); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	phones := 0
	for b.Loop() {
		b.StopTimer()
		var macs []macaddr.Addr
		for range n {
			mac, err := macaddr.FromUint64(r.Uint64N(1<<48)&^(1<<40) | 1)
			if err != nil {
				b.Fatal(err)
			}
			macs = append(macs, mac)
		}
		batch := register(a.ID, store.URL{}, macs...)
		b.StartTimer()
		mustChange(b, db, batch)
		phones += n
	}
	b.ReportMetric(float64(phones)/b.Elapsed().Seconds(), "phones/s")
}

// BenchmarkPhones measures a page of 500 phones, of an account that has them all and of
// all accounts.
func BenchmarkPhones(b *testing.B) {
	const n = 500
	db, _ := filled(b, 100_000)
	a, err := db.AccountNamed("acme")
	if err != nil {
		b.Fatal(err)
	}
	for name, owner := range map[string]store.AccountID{"account": a.ID, "all": 0} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var after macaddr.Addr
			for b.Loop() {
				page, err := db.Phones(owner, after, n)
				if err != nil {
					b.Fatal(err)
				}
				if after = (macaddr.Addr{}); len(page) == n {
					after = page[n-1].MAC
				}
			}
		})
	}
}
