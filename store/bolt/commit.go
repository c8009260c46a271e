package bolt

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

var (
	errPanicked = errors.New("bolt: a change panicked")
	errDryRun   = errors.New("bolt: a dry run")
)

// maxGroup bounds the phones in a group of changes that share a commit: large
// batches together would need too much memory, and too long to run again if one
// of them fails.
const maxGroup = 1000

// A committer groups the changes that arrive while another is being written into
// the next commit, because most of a commit's cost is the sync. It has no
// goroutine of its own: the first caller leads, commits its own change and those
// that are waiting by then, and hands the lead on. A single change is a plain
// Update.
type committer struct {
	mu      sync.Mutex
	waiting []*change
	led     bool
}

type change struct {
	run      func(*writeTx) error
	size     int // number of phones, or as much work
	err      error
	panicked any
	wake     chan bool // true: lead the next group; false: the change is done
}

// update runs f in a write transaction, which is on disk when update returns nil.
// f may run more than once. It may share the transaction with other changes: what
// it wrote is rolled back only if f itself returns an error. If dryRun is set, it
// is always rolled back.
func (db *DB) update(dryRun bool, f func(*writeTx) error) error {
	if !dryRun {
		return db.updateMany(1, f)
	}
	err := db.b.Update(func(tx *bbolt.Tx) error {
		if err := f(&writeTx{Tx: tx}); err != nil {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// updateMany is update for a change of size phones.
func (db *DB) updateMany(size int, f func(*writeTx) error) error {
	c := &change{run: f, size: size, wake: make(chan bool, 1)}
	db.committer.mu.Lock()
	db.committer.waiting = append(db.committer.waiting, c)
	lead := !db.committer.led
	db.committer.led = true
	db.committer.mu.Unlock()
	if lead || <-c.wake {
		db.lead()
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

// lead commits a group of the waiting changes, the caller's first, and hands the
// lead on.
func (db *DB) lead() {
	// With one CPU, a short sync keeps all others from running, and so from joining the
	// next group: without this, groups had one change each, and 64 sessions together were
	// hardly faster than one.
	runtime.Gosched()
	c := &db.committer
	c.mu.Lock()
	n, size := 1, c.waiting[0].size
	for n < len(c.waiting) && size+c.waiting[n].size <= maxGroup {
		size += c.waiting[n].size
		n++
	}
	group := slices.Clone(c.waiting[:n])
	c.waiting = slices.Delete(c.waiting, 0, n)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.led = len(c.waiting) > 0; c.led {
			c.waiting[0].wake <- true
		}
		for _, other := range group[1:] {
			other.wake <- false
		}
	}()
	db.commit(group)
}

// commit runs a group of changes in one transaction, or in several if they write more
// than the truth can write at once. If one fails, the transaction is rolled back and the
// others run again without it. If the transaction can't be committed, all fail with
// store.ErrUnavailable or store.ErrUnknown, or as the truth says.
func (db *DB) commit(group []*change) {
	group = slices.Clone(group)
	for _, c := range group {
		c.err = errPanicked // if bbolt itself panics, no change may count as written
	}
	n := len(group) // how many share the transaction
	for len(group) > 0 {
		a, begun := attempt{db: db, failed: -1}, time.Now()
		err := a.run(group[:n])
		var declined declinedError
		switch {
		case a.failed > 0 && errors.Is(err, store.ErrTooLarge):
			n = a.failed
			continue
		case a.failed >= 0:
			group[a.failed].err = err
			group = slices.Delete(group, a.failed, a.failed+1)
			n = len(group)
			continue
		case errors.As(err, &declined):
			again, result := db.config.Truth.Settle(declined.error)
			if again {
				continue
			}
			err = result
		default:
			err = db.committed(err, a.decided, time.Since(begun))
		}
		for _, c := range group[:n] {
			c.err = err
		}
		group = group[n:]
		n = len(group)
	}
}

// An attempt is a transaction of changes.
type attempt struct {
	db      *DB
	failed  int  // index of the change that failed, or -1
	decided bool // the truth has what was written
}

// run runs the changes and commits what they write.
func (a *attempt) run(group []*change) error {
	if err := a.db.b.inPlace(); err != nil {
		return err
	}
	return a.db.b.Update(func(b *bbolt.Tx) (err error) {
		if a.decided { // the file had to be opened again for the commit
			return errDecided
		}
		tx := a.db.begun(b)
		for i, c := range group {
			if err = c.try(tx); err == nil && !tx.fits() {
				err = store.ErrTooLarge
			}
			if err != nil {
				a.failed = i
				return err
			}
		}
		if err := a.db.clock.save(tx, saveClockEvery); err != nil {
			return err
		}
		a.decided, err = a.db.approve(tx)
		return err
	})
}

// committed returns the error for the changes of a transaction, after committing it
// took a time and returned err. If it is decided, the truth has it nevertheless.
func (db *DB) committed(err error, decided bool, took time.Duration) error {
	if err == nil {
		if err = db.b.inPlace(); err != nil { // in a file that nobody will read again
			err = commitError{err, true}
		}
	}
	if err != nil {
		db.note(err)
		if db.config.CommitFailed != nil {
			db.config.CommitFailed()
		}
		if decided {
			return fmt.Errorf("%w: %w", store.ErrUnknown, err)
		}
		return notStored(err)
	}
	if db.config.Committed != nil {
		db.config.Committed(took)
	}
	return nil
}

// try runs the change. A panic is kept for the goroutine whose change it is.
func (c *change) try(tx *writeTx) (err error) {
	defer func() {
		switch r := recover(); {
		case r == nil:
		case isDamage(r):
			err = damagedError{fmt.Errorf("%v", r)}
		default:
			c.panicked, err = r, errPanicked
		}
	}()
	c.panicked = nil
	return c.run(tx)
}
