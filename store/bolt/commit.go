package bolt

import (
	"errors"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

var errPanicked = errors.New("bolt: a change panicked")

// maxGroup bounds the size of what shares a commit: batches of many phones would
// take too much memory together, and too long to run again when one fails.
const maxGroup = 1000

// A committer lets changes that come while another is being written share the
// next commit: the cost of one is mostly the sync. There is no goroutine of its
// own: the first to come leads, for itself and all who wait by then, and hands
// the lead on. A change that is alone is a plain Update.
type committer struct {
	mu      sync.Mutex
	waiting []*change
	led     bool

	committed func(time.Duration) // see [Config]
}

type change struct {
	run      func(*bbolt.Tx) error
	size     int // in phones
	err      error
	panicked any
	turn     chan bool // true to lead, false when it is done
}

// update runs f in a write transaction, which is on disk when update returns
// nil. f may run more than once, and shares the transaction with others: only
// an error of its own takes back what it wrote. A dry run takes it back in any
// case.
func (db *DB) update(dryRun bool, f func(*bbolt.Tx) error) error {
	if !dryRun {
		return db.updateMany(1, f)
	}
	tx, err := db.b.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

// updateMany is update for a change of the size of that many phones.
func (db *DB) updateMany(size int, f func(*bbolt.Tx) error) error {
	c := &change{run: f, size: size, turn: make(chan bool, 1)}
	db.committer.mu.Lock()
	db.committer.waiting = append(db.committer.waiting, c)
	lead := !db.committer.led
	db.committer.led = true
	db.committer.mu.Unlock()
	if lead || <-c.turn {
		db.committer.lead(db.b)
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

// lead commits what waits, the caller's change first, and hands on.
func (c *committer) lead(b *bbolt.DB) {
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
			c.waiting[0].turn <- true
		}
		for _, other := range group[1:] {
			other.turn <- false
		}
	}()
	commit(b, group, c.committed)
}

// commit runs a group in one transaction. One that fails is left out, with all
// it may have written, and the others run again.
func commit(b *bbolt.DB, group []*change, committed func(time.Duration)) {
	group = slices.Clone(group)
	for _, c := range group {
		c.err = errPanicked // should bbolt itself panic, nobody may take it for a success
	}
	for len(group) > 0 {
		failed, begun := -1, time.Now()
		err := b.Update(func(tx *bbolt.Tx) error {
			for i, c := range group {
				if err := c.try(tx); err != nil {
					failed = i
					return err
				}
			}
			return nil
		})
		if failed < 0 {
			if err == nil && committed != nil {
				committed(time.Since(begun))
			}
			for _, c := range group {
				c.err = err
			}
			return
		}
		group[failed].err = err
		group = slices.Delete(group, failed, failed+1)
	}
}

// try runs the change, and keeps a panic for the one whose change it is.
func (c *change) try(tx *bbolt.Tx) (err error) {
	defer func() {
		if c.panicked = recover(); c.panicked != nil {
			err = errPanicked
		}
	}()
	return c.run(tx)
}
