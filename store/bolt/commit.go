package bolt

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
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
	run      func(*bbolt.Tx) error
	size     int // number of phones, or as much work
	err      error
	panicked any
	wake     chan bool // true: lead the next group; false: the change is done
}

// update runs f in a write transaction, which is on disk when update returns nil.
// f may run more than once. It may share the transaction with other changes: what
// it wrote is rolled back only if f itself returns an error. If dryRun is set, it
// is always rolled back.
func (db *DB) update(dryRun bool, f func(*bbolt.Tx) error) error {
	if !dryRun {
		return db.updateMany(1, f)
	}
	err := db.b.Update(func(tx *bbolt.Tx) error {
		if err := f(tx); err != nil {
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
func (db *DB) updateMany(size int, f func(*bbolt.Tx) error) error {
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

// commit runs a group of changes in one transaction. If one fails, the transaction
// is rolled back and the others run again without it. If the transaction can't be
// committed, all fail with store.ErrUnavailable or store.ErrUnknown.
func (db *DB) commit(group []*change) {
	group = slices.Clone(group)
	for _, c := range group {
		c.err = errPanicked // if bbolt itself panics, no change may count as written
	}
	for len(group) > 0 {
		failed, begun := -1, time.Now()
		err := db.b.inPlace()
		if err == nil {
			err = db.b.Update(func(tx *bbolt.Tx) error {
				for i, c := range group {
					if err := c.try(tx); err != nil {
						failed = i
						return err
					}
				}
				return db.clock.save(tx, saveClockEvery)
			})
		}
		if failed < 0 {
			err = db.committed(err, time.Since(begun))
			for _, c := range group {
				c.err = err
			}
			return
		}
		group[failed].err = err
		group = slices.Delete(group, failed, failed+1)
	}
}

// committed returns the error for the changes of a transaction, after committing it
// took a time and returned err.
func (db *DB) committed(err error, took time.Duration) error {
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
		return notStored(err)
	}
	if db.config.Committed != nil {
		db.config.Committed(took)
	}
	return nil
}

// try runs the change. A panic is kept for the goroutine whose change it is.
func (c *change) try(tx *bbolt.Tx) (err error) {
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
