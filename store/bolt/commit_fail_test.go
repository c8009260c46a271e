package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// A failing change, at any place in its group, affects no other change and leaves
// nothing behind.
func TestOneOfAGroupFails(t *testing.T) {
	refusal := errors.New("refusal")
	for failing := range 4 {
		for name, fail := range map[string]func(tx *writeTx) error{
			"error": func(*writeTx) error { return refusal },
			"panic": func(*writeTx) error { panic(refusal) },
		} {
			t.Run(fmt.Sprint(name, failing), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					q := newQueue(t)
					defer q.db.Close()
					for i := range 4 {
						if i == failing {
							q.add(1, func(tx *writeTx) error { return errors.Join(put("failed")(tx), fail(tx)) })
						} else {
							q.add(1, put(fmt.Sprint(i)))
						}
					}
					q.run()
					for i := range 4 {
						err, panicked := q.errs[i+1], q.panics[i+1]
						switch {
						case i == failing && name == "panic":
							if panicked != refusal {
								t.Errorf("change %d: %v, panic %v", i, err, panicked)
							}
						case panicked != nil:
							t.Errorf("change %d: panic %v", i, panicked)
						case i == failing && !errors.Is(err, refusal):
							t.Errorf("change %d: %v", i, err)
						case i != failing && (err != nil || !q.wrote(fmt.Sprint(i))):
							t.Errorf("change %d: %v", i, err)
						}
					}
					if q.panics[0] != nil || q.errs[0] != nil {
						t.Errorf("the leader: %v, panic %v", q.errs[0], q.panics[0])
					}
					if q.wrote("failed") {
						t.Error("the failed change was written")
					}
					addAccount(t, q.db, "acme") // the database still works
				})
			})
		}
	}
}

// A change that fails does not change the count of phones, and one that runs again
// changes it once.
func TestPhonesOfAGroupAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		for _, more := range []int{7, 100, -4} {
			q.add(1, func(tx *writeTx) error {
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

// A change that runs again because another one failed may then fail itself.
func TestAllOfAGroupFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		before := commits(t, q.db)
		want := make([]error, 5)
		for i := range want {
			want[i] = fmt.Errorf("refusal %d", i)
			runs := 0
			q.add(1, func(*writeTx) error {
				if runs++; runs <= i%3 {
					return nil
				}
				return want[i]
			})
		}
		q.run()
		for i, err := range q.errs[1:] {
			// A change that did not fail in the run that was committed succeeded.
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

// If bbolt itself panics, no change counts as written, and the next one can be
// written.
func TestPanicOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t)
		defer q.db.Close()
		q.add(1, put("first"))
		q.add(1, func(tx *writeTx) error { tx.OnCommit(func() { panic("bbolt") }); return nil })
		q.add(1, put("last"))
		q.run()
		if q.panics[1] != "bbolt" {
			t.Errorf("the leader: %v, panic %v", q.errs[1], q.panics[1])
		}
		for _, i := range []int{2, 3} {
			if q.errs[i] != errPanicked || q.panics[i] != nil {
				t.Errorf("change %d: %v, panic %v", i, q.errs[i], q.panics[i])
			}
		}
		addAccount(t, q.db, "acme")
	})
}

// A change that ends its goroutine, as FailNow does in a test, also hands the lead
// on.
func TestGoexit(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = db.update(false, func(tx *writeTx) error { _ = put("failed")(tx); runtime.Goexit(); return nil })
	})
	wg.Wait()
	addAccount(t, db, "acme")
	if err := db.b.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketMeta).Get([]byte("failed")) != nil {
			t.Error("the change was written")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestChangeAfterClose(t *testing.T) {
	db := open(t, t.TempDir())
	a := addAccount(t, db, "acme")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, dryRun := range []bool{false, true} {
		b := register(a.ID, store.URL{}, testMAC)
		b.DryRun = dryRun
		if results, err := db.Change(b); err == nil || results != nil {
			t.Errorf("%v, %v", results, err)
		}
	}
}

// A panic in a dry run affects no other change.
func TestPanicInDryRun(t *testing.T) {
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
			t.Errorf("UpdateAccount returned %v, want a panic", err)
		}()
	}
	mustChange(t, db, register(a.ID, store.URL{}, testMAC))
}
