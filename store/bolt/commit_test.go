package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// commits returns how many transactions have been committed since the file was
// made, which is its number.
func commits(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.b.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// A queue lets changes wait for each other in a bubble of synctest.
type queue struct {
	*testing.T
	db      *DB
	release chan struct{}
	errs    []error
	panics  []any
	told    int           // commits
	took    time.Duration // all told
	wg      sync.WaitGroup
}

// queued opens a database whose writer is busy until the queue is released. All
// that is added by then is in one group, in that batch.
func queued(t *testing.T) *queue {
	q := &queue{T: t, release: make(chan struct{})}
	var err error
	if q.db, err = Open(t.TempDir(), Config{Committed: func(took time.Duration) { q.told++; q.took += took }}); err != nil {
		t.Fatal(err)
	}
	q.add(1, func(*bbolt.Tx) error { <-q.release; return nil })
	return q
}

func (q *queue) add(size int, f func(*bbolt.Tx) error) {
	i := len(q.errs)
	q.errs, q.panics = append(q.errs, errors.New("never came back")), append(q.panics, nil)
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

// put is a change that can be seen.
func put(key string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put([]byte(key), []byte("x")) }
}

func (q *queue) wrote(key string) (ok bool) {
	_ = q.db.b.View(func(tx *bbolt.Tx) error { ok = tx.Bucket(bucketMeta).Get([]byte(key)) != nil; return nil })
	return ok
}

func TestChangesShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
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
		if got := commits(t, q.db) - before; got != 2 { // the one who was there first, and all who waited
			t.Errorf("%d commits", got)
		}
	})
}

// batches of many phones don't gather in one transaction.
func TestACommitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
		defer q.db.Close()
		before := commits(t, q.db)
		for i, size := range []int{50_000, 50_000, maxGroup - 1, 1, maxGroup} {
			q.add(size, put(fmt.Sprint(i)))
		}
		q.run()
		if err := errors.Join(q.errs...); err != nil {
			t.Error(err)
		}
		if got := commits(t, q.db) - before; got != 5 { // only the third shares its commit, with the fourth
			t.Errorf("%d commits", got)
		}
	})
}

// Each commit is told once, before the changes that it carries are
// acknowledged, and nothing that was not committed.
func TestCommitsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
		defer q.db.Close()
		before := commits(t, q.db)
		refuse := func(*bbolt.Tx) error { return errors.New("refusal") }
		for i := range 10 {
			q.add(1, put(fmt.Sprint(i)))
		}
		q.add(1, func(*bbolt.Tx) error { time.Sleep(time.Second); return nil }) // runs again
		q.add(1, refuse)
		q.run()
		if got := commits(t, q.db) - before; q.told != 2 || got != 2 || q.took != time.Second {
			t.Errorf("%d commits, %d told, that took %v", got, q.told, q.took)
		}
		if err := q.db.update(false, refuse); err == nil || q.told != 2 {
			t.Errorf("%v, %d told", err, q.told)
		}
		if err := q.db.update(true, put("dry")); err != nil || q.told != 2 {
			t.Errorf("%v, %d told", err, q.told)
		}
		if err := q.db.update(false, put("wet")); err != nil || q.told != 3 {
			t.Errorf("%v, %d told", err, q.told)
		}
	})
}

// One that fails takes nobody with it, wherever it stands, and leaves nothing.
func TestOneOfAGroupFails(t *testing.T) {
	refusal := errors.New("refusal")
	for at := range 4 {
		for name, fail := range map[string]func(tx *bbolt.Tx) error{
			"error": func(*bbolt.Tx) error { return refusal },
			"panic": func(*bbolt.Tx) error { panic(refusal) },
		} {
			t.Run(fmt.Sprint(name, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					q := queued(t)
					defer q.db.Close()
					for i := range 4 {
						if i == at {
							q.add(1, func(tx *bbolt.Tx) error { return errors.Join(put("failed")(tx), fail(tx)) })
						} else {
							q.add(1, put(fmt.Sprint(i)))
						}
					}
					q.run()
					for i := range 4 {
						err, panicked := q.errs[i+1], q.panics[i+1]
						switch {
						case i == at && name == "panic":
							if panicked != refusal {
								t.Errorf("change %d: %v, panic %v", i, err, panicked)
							}
						case panicked != nil:
							t.Errorf("change %d: panic %v", i, panicked)
						case i == at && !errors.Is(err, refusal):
							t.Errorf("change %d: %v", i, err)
						case i != at && (err != nil || !q.wrote(fmt.Sprint(i))):
							t.Errorf("change %d: %v", i, err)
						}
					}
					if q.panics[0] != nil || q.errs[0] != nil {
						t.Errorf("the leader: %v, panic %v", q.errs[0], q.panics[0])
					}
					if q.wrote("failed") {
						t.Error("one that failed was written")
					}
					addAccount(t, q.db, "acme") // and it goes on
				})
			})
		}
	}
}

// What is counted by a change that fails, or that runs again, counts no more and
// no less.
func TestPhonesOfAGroupAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
		defer q.db.Close()
		for _, more := range []int{7, 100, -4} {
			q.add(1, func(tx *bbolt.Tx) error {
				err := countPhones(tx, more)
				if more == 100 {
					err = errors.New("refusal")
				}
				return err
			})
		}
		q.run()
		if n, err := q.db.CountPhones(); err != nil || n != 3 {
			t.Errorf("%d phones, %v", n, err)
		}
	})
}

// A change runs again where another failed behind it, and fails by itself then.
func TestAllOfAGroupFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
		defer q.db.Close()
		before := commits(t, q.db)
		want := make([]error, 5)
		for i := range want {
			want[i] = fmt.Errorf("refusal %d", i)
			runs := 0
			q.add(1, func(*bbolt.Tx) error {
				if runs++; runs <= i%3 {
					return nil
				}
				return want[i]
			})
		}
		q.run()
		for i, err := range q.errs[1:] {
			// Those that were to succeed in the run that went through have.
			if err != nil && err != want[i] {
				t.Errorf("change %d: %v", i, err)
			}
		}
		if q.errs[1] != want[0] || q.errs[4] != want[3] {
			t.Errorf("%v", q.errs)
		}
		if got := commits(t, q.db) - before; got > 2 {
			t.Errorf("%d commits", got)
		}
	})
}

// A panic that passes by the committer, as bbolt's own would, makes nobody
// believe that the change is written, and the next one can be.
func TestAPanicOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued(t)
		defer q.db.Close()
		q.add(1, put("first"))
		q.add(1, func(tx *bbolt.Tx) error { tx.OnCommit(func() { panic("bbolt") }); return nil })
		q.add(1, put("last"))
		q.run()
		if q.panics[1] != "bbolt" {
			t.Errorf("who led: %v, panic %v", q.errs[1], q.panics[1])
		}
		for _, i := range []int{2, 3} {
			if q.errs[i] != errPanicked || q.panics[i] != nil {
				t.Errorf("change %d: %v, panic %v", i, q.errs[i], q.panics[i])
			}
		}
		addAccount(t, q.db, "acme")
	})
}

// One that ends its goroutine, as a test's FailNow does, hands the lead on too.
func TestAGoroutineEnds(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.update(false, func(tx *bbolt.Tx) error { _ = put("failed")(tx); runtime.Goexit(); return nil })
	})
	wg.Wait()
	addAccount(t, db, "acme")
	if err := db.b.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketMeta).Get([]byte("failed")) != nil {
			t.Error("it was written")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsWrittenOnceClosed(t *testing.T) {
	db := open(t, t.TempDir())
	a := addAccount(t, db, "acme")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dryRun := range []bool{false, true} {
		o := register(a.ID, store.URL{}, testMAC)
		o.DryRun = dryRun
		if out, err := db.Change(o); err == nil || out != nil {
			t.Errorf("%v, %v", out, err)
		}
	}
}

// A panic in a dry run ends it, and nothing else.
func TestAPanicInADryRun(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a := addAccount(t, db, "acme")
	for _, dryRun := range []bool{true, false} {
		func() {
			defer func() {
				if p := recover(); p != "no" {
					t.Errorf("recovered %v", p)
				}
			}()
			_, err := db.UpdateAccount(store.Audit{}, dryRun, a.ID, func(*store.Account) error { panic("no") })
			t.Errorf("it came back with %v", err)
		}()
	}
	carryOut(t, db, register(a.ID, store.URL{}, testMAC))
}

// Many at once, some of them refused, some failing, some in panic: each is told
// what became of its own.
func TestManyChangesAtOnce(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	const many, each = 16, 20
	ids := make([]store.AccountID, many)
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
				if out, err := db.Change(register(id, store.URL{}, mac(i, k))); err != nil || out[0].Err != nil || out[0].Next.Owner != id {
					t.Errorf("%d: %+v, %v", i, out, err)
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
					_ = db.update(false, func(*bbolt.Tx) error { panic(i) })
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
	if got := commits(t, db) - before; got > many*each {
		t.Errorf("%d commits of %d changes", got, many*each)
	}
}
