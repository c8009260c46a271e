package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/store"
)

// watchEvery is how often it is checked whether changes can be stored.
const watchEvery = 2 * time.Second

// A condition is why changes are refused. It ends by itself when [DB.check] finds that
// they can be stored again: that one change could be is not enough, because a small one
// has room on a full disk where the next has none.
type condition struct {
	mu  sync.Mutex
	err error // nil if changes are stored
}

// Refusing returns why changes are refused at present, in words for anybody, or nil if
// they are stored. Phones are looked up nevertheless.
func (db *DB) Refusing() error {
	db.condition.mu.Lock()
	defer db.condition.mu.Unlock()
	return db.condition.err
}

// note notes whether changes can be stored, and logs it if that has changed.
func (db *DB) note(err error) {
	db.condition.mu.Lock()
	defer db.condition.mu.Unlock()
	before := db.condition.err
	db.condition.err = reason(err)
	switch {
	case err != nil && (before == nil || before.Error() != reason(err).Error()):
		db.config.Log.Error("changes are refused until this is repaired; phones are answered as far as the database can be read", "error", err)
	case err == nil && before != nil:
		db.config.Log.Info("changes are stored again")
	}
}

// reason returns err in words that name no file. The log has all of it.
func reason(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrDamaged):
		return store.ErrDamaged
	case errors.Is(err, errReplaced):
		return errReplaced
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errors.New("the disk is full")
	case errors.Is(err, syscall.EROFS), errors.Is(err, berrors.ErrDatabaseReadOnly):
		return errors.New("the disk is read-only")
	case errors.Is(err, syscall.EIO):
		return errors.New("the disk fails")
	}
	return errors.New("see the log")
}

// watch checks every few seconds whether the file is still in its folder, whether
// changes can be stored again, and what the clock does.
func (db *DB) watch() {
	defer close(db.watched)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	doubted := false
	for {
		select {
		case <-tick.C:
		case <-db.closing:
			return
		}
		if err := db.check(); err != nil {
			db.note(err)
			continue
		}
		_, ahead := db.clock.read()
		if err := db.keepTime(); err != nil {
			db.config.Log.Error("the clock has jumped: moving the ends of holds failed, retrying", "ahead", ahead, "error", err)
		}
		if in := ahead != 0; in != doubted {
			doubted = in
			if _, still := db.clock.read(); still != 0 {
				db.config.Log.Warn("the clock has jumped: holds, claims and the history go by the old time until it is set right, or has stayed so for a week", "ahead", still)
			}
		}
	}
}

// check checks whether changes can be stored. If they could not, it tries, and notes it if
// they can.
func (db *DB) check() error {
	if err := cmp.Or(db.b.damaged(), db.b.inPlace()); err != nil {
		return err
	}
	if err := db.b.writable(); err != nil {
		return err
	}
	refusing := db.Refusing() != nil
	if !refusing && !db.clock.due() {
		return nil
	}
	if refusing {
		if err := tryFolder(filepath.Dir(db.b.name)); err != nil {
			return err
		}
	}
	if err := db.update(false, func(tx *writeTx) error { return db.clock.save(tx, 0) }); err != nil {
		return err
	}
	if refusing {
		db.note(nil)
	}
	return nil
}

// tryFolder writes as much as changes may need.
func tryFolder(folder string) error {
	f, err := os.OpenFile(filepath.Join(folder, ".room"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<20))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// notStored returns the error of changes whose transaction could not be committed.
func notStored(err error) error {
	var failed commitError
	if errors.As(err, &failed) && failed.stored {
		return fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}
