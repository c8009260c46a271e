package bolt

import (
	"cmp"
	"errors"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"snomredirect/store"
	"snomredirect/store/bolt/pages"
)

// View runs fn in a read transaction.
func (f *file) View(fn func(*bbolt.Tx) error) error {
	err := f.view(fn)
	if unmapped(err) && f.reopen() == nil {
		err = f.view(fn)
	}
	return f.protect(err)
}

func (f *file) view(fn func(*bbolt.Tx) error) (err error) {
	f.open.RLock()
	defer f.open.RUnlock()
	defer recovered(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	tx, err := f.begin(false)
	if err != nil {
		return err
	}
	defer f.rollback(tx)
	return fn(tx)
}

// Update runs fn in a write transaction, which is on disk when Update returns nil. If
// fn fails, Update returns its error; if the commit fails, a [commitError].
func (f *file) Update(fn func(*bbolt.Tx) error) error {
	err := f.update(fn)
	if unmapped(err) && f.reopen() == nil {
		err = f.update(fn)
	}
	return f.protect(err)
}

// protect ends all writing if err is that of a damaged file, so that what is still right
// in it stays so. It returns err.
func (f *file) protect(err error) error {
	if errors.Is(err, store.ErrDamaged) {
		f.mu.Lock()
		f.noWrites = err
		f.mu.Unlock()
	}
	return err
}

func (f *file) update(fn func(*bbolt.Tx) error) (err error) {
	f.open.RLock()
	defer f.open.RUnlock()
	f.writer.Lock()
	defer f.writer.Unlock()
	defer recovered(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	tx, err := f.begin(true)
	if err != nil {
		return err
	}
	defer f.rollback(tx) // does nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return f.commit(tx)
}

// A commitError is why a transaction could not be committed. Stored reports whether it
// is there nevertheless: what failed was the last sync, so a crash may still undo it.
type commitError struct {
	error
	stored bool
}

func (e commitError) Unwrap() error { return e.error }

// commit commits a transaction, after a look at what bbolt would believe.
func (f *file) commit(tx *bbolt.Tx) error {
	now, err := f.o.Stat()
	if err == nil {
		err = pages.CheckTop(f.o, now.Size())
	}
	if errors.Is(err, pages.ErrDamaged) {
		return damagedError{err}
	}
	if err != nil {
		return commitError{err, false}
	}
	id, ended := tx.ID(), false
	defer func() {
		if !ended { // bbolt has panicked
			f.setStuck(true)
		}
	}()
	err = tx.Commit()
	ended = true
	if err == nil {
		return nil
	}
	after, beginErr := f.begin(false)
	if beginErr != nil {
		return commitError{err, false}
	}
	defer f.rollback(after)
	return commitError{err, after.ID() >= id}
}

// begin begins a transaction. If bbolt panics meanwhile, its locks stay locked: then
// no other transaction may begin or end.
func (f *file) begin(writable bool) (*bbolt.Tx, error) {
	f.beginning.Lock() // bbolt has a lock of its own, which may be left locked
	defer f.beginning.Unlock()
	if err := f.refuses(writable); err != nil {
		return nil, err
	}
	tx, err := f.tryBegin(writable)
	if err == nil {
		committed := tx.ID()
		if writable {
			committed--
		}
		if committed >= f.latest {
			f.latest = committed
			return tx, nil
		}
		// bbolt goes back to the older meta page if the newer one is wrong
		_ = tx.Rollback()
		err = damagedError{errors.New("its newer meta page is wrong")}
	}
	if errors.Is(err, store.ErrDamaged) {
		f.mu.Lock()
		f.damage = err
		f.mu.Unlock()
	}
	return nil, err
}

// refuses returns why no transaction can begin.
func (f *file) refuses(writable bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if writable {
		return cmp.Or(f.damage, f.noWrites)
	}
	return f.damage
}

func (f *file) tryBegin(writable bool) (tx *bbolt.Tx, err error) {
	defer recovered(&err)
	return f.b.Begin(writable)
}

// rollback ends a transaction, if it has not been committed.
func (f *file) rollback(tx *bbolt.Tx) {
	f.mu.Lock()
	locked := f.damage != nil || f.stuck && tx.Writable()
	f.mu.Unlock()
	switch {
	case locked:
	case tx.Writable():
		f.setStuck(true)  // should bbolt panic
		_ = tx.Rollback() // fails after a commit
		f.setStuck(false)
	default:
		_ = tx.Rollback()
	}
}

func (f *file) setStuck(stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = stuck
}
