package bolt

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// commits returns the number of transactions committed since the file was
// created, which is the ID of the last one.
func commits(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.b.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// A queue makes changes wait for each other in a synctest bubble.
type queue struct {
	*testing.T
	db      *DB
	release chan struct{}
	errs    []error
	panics  []any
	commits int           // as reported to Committed
	took    time.Duration // the sum of what was reported
	wg      sync.WaitGroup
}

// newQueue opens a database whose writer is busy until run. All changes added
// before form one group, in the order they were added.
func newQueue(t *testing.T) *queue {
	q := &queue{T: t, release: make(chan struct{})}
	var err error
	if q.db, err = Open(t.TempDir(), Config{Committed: func(took time.Duration) { q.commits++; q.took += took }}); err != nil {
		t.Fatal(err)
	}
	q.add(1, func(*writeTx) error { <-q.release; return nil })
	return q
}

func (q *queue) add(size int, f func(*writeTx) error) {
	i := len(q.errs)
	q.errs, q.panics = append(q.errs, errors.New("did not return")), append(q.panics, nil)
	q.wg.Go(func() {
		defer func() { q.panics[i] = recover() }()
		err := q.db.updateMany(size, f)
		q.errs[i] = err
	})
	synctest.Wait()
}

func (q *queue) run() {
	close(q.release)
	q.wg.Wait()
}

// put returns a change that wrote can check.
func put(key string) func(*writeTx) error {
	return func(tx *writeTx) error { return tx.Bucket(bucketMeta).Put([]byte(key), []byte("x")) }
}

func (q *queue) wrote(key string) (ok bool) {
	_ = q.db.b.View(func(tx *bbolt.Tx) error { ok = tx.Bucket(bucketMeta).Get([]byte(key)) != nil; return nil })
	return ok
}

func TestChangesShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		before := commits(t, q.db)
		const n = 100
		for i := range n {
			q.add(1, put(fmt.Sprint(i)))
		}
		q.run()
		for i := range n {
			if err := q.errs[i+1]; err != nil || !q.wrote(fmt.Sprint(i)) {
				t.Errorf("change %d: %v", i, err)
			}
		}
		if got := commits(t, q.db) - before; got != 2 { // the one that kept the writer busy, and the group
			t.Errorf("%d commits", got)
		}
	})
}

// Large batches do not share a transaction.
func TestCommitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		before := commits(t, q.db)
		for i, size := range []int{50_000, 50_000, maxGroup - 1, 1, maxGroup} {
			q.add(size, put(fmt.Sprint(i)))
		}
		q.run()
		if err := errors.Join(q.errs...); err != nil {
			t.Error(err)
		}
		if got := commits(t, q.db) - before; got != 5 { // only the third and the fourth share one
			t.Errorf("%d commits", got)
		}
	})
}

// Committed is called once for each commit, before its changes are acknowledged,
// and not for a rollback.
func TestCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		before := commits(t, q.db)
		refuse := func(*writeTx) error { return errors.New("refusal") }
		for i := range 10 {
			q.add(1, put(fmt.Sprint(i)))
		}
		q.add(1, func(*writeTx) error { time.Sleep(time.Second); return nil }) // runs again
		q.add(1, refuse)
		q.run()
		if got := commits(t, q.db) - before; q.commits != 2 || got != 2 || q.took != time.Second {
			t.Errorf("%d commits, %d reported, taking %v", got, q.commits, q.took)
		}
		if err := q.db.update(false, refuse); err == nil || q.commits != 2 {
			t.Errorf("%v, %d commits reported", err, q.commits)
		}
		if err := q.db.update(true, put("dry")); err != nil || q.commits != 2 {
			t.Errorf("%v, %d commits reported", err, q.commits)
		}
		if err := q.db.update(false, put("wet")); err != nil || q.commits != 3 {
			t.Errorf("%v, %d commits reported", err, q.commits)
		}
	})
}

// Of many concurrent changes some are refused, some fail and some panic: each
// caller gets its own result.
func TestConcurrentChanges(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	const partners, each = 16, 20
	ids := make([]store.AccountID, partners)
	for i := range ids {
		ids[i] = addAccount(t, db, store.Name(fmt.Sprintf("partner%d", i))).ID
	}
	before := commits(t, db)
	mac := func(i, k int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("000413%03X%03X", i, k)) }
	refusal := errors.New("refusal")
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			for k := range each {
				if results, err := db.Change(register(id, store.URL{}, mac(i, k))); err != nil || results[0].Err != nil || results[0].Next.Owner != id {
					t.Errorf("%d: %+v, %v", i, results, err)
				}
				if _, err := db.UpdateAccount(store.Audit{}, false, id, func(a *store.Account) error { a.Company = "EVIL"; return refusal }); err != refusal {
					t.Errorf("%d: %v", i, err)
				}
				if _, err := db.Change(register(9999, store.URL{}, mac(i, k))); err != store.ErrNoAccount {
					t.Errorf("%d: %v", i, err)
				}
				func() {
					defer func() {
						if p := recover(); p != i {
							t.Errorf("%d: recovered %v", i, p)
						}
					}()
					_ = db.update(false, func(*writeTx) error { panic(i) })
				}()
			}
		})
	}
	wg.Wait()
	for i, id := range ids {
		page, err := db.Phones(id, macaddr.Addr{}, each+1)
		if err != nil || len(page) != each {
			t.Errorf("%d has %d phones, %v", i, len(page), err)
		}
		for k, p := range page {
			if p.MAC != mac(i, k) {
				t.Errorf("%d has %v, want %v", i, p.MAC, mac(i, k))
			}
		}
		if a, err := db.Account(id); err != nil || a.Company != "" {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if got := commits(t, db) - before; got > partners*each {
		t.Errorf("%d commits of %d changes", got, partners*each)
	}
}
