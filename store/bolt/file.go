package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/store/bolt/pages"
)

// lockWait is how long opening waits for another process that is just ending.
const lockWait = time.Second

// maxChecked is how many pages are checked when a file is opened, which takes some 50 ms:
// all of the smaller databases, and of the larger ones those at the top, at which every
// search begins.
const maxChecked = 4 << 10

// reopenEvery bounds how often a file that could not be opened is tried again.
const reopenEvery = time.Second

// A file is a bbolt file that does not end the program when something is wrong with
// it. A wrong page makes bbolt panic, or the memory into which it is mapped fail: both
// become store.ErrDamaged, for the one transaction that met it if possible.
//
// If the file can't be mapped any more, which bbolt finds out when it grows, it is
// opened again. Its methods are safe for concurrent use.
type file struct {
	name string

	open sync.RWMutex // read-locked during a transaction
	b    *bbolt.DB    // closed if the file could not be opened again
	o    *os.File     // of b, open as long as b is
	is   fs.FileInfo  // of o
	// readOnly is set while the file system is read-only.
	readOnly bool
	tried    time.Time // the last attempt to open it again
	closed   bool

	writer sync.Mutex // held during a write transaction

	beginning sync.Mutex // held while a transaction begins
	latest    int        // the latest transaction that was seen committed

	mu       sync.Mutex
	damage   error // why none can begin: bbolt's own locks may be left locked
	noWrites error // why no write transaction can begin
	stuck    bool  // bbolt's lock of writers may be left locked
}

// openFile opens a file, which is created if it does not exist. The error is ErrInUse,
// or store.ErrDamaged with what is wrong. A file on a read-only file system is opened for
// reading: see [file.writable].
func openFile(name string) (*file, error) {
	if err := create(name); err != nil {
		return nil, err
	}
	f := &file{name: name}
	err := f.openAs(os.O_RDWR, nil)
	if errors.Is(err, syscall.EROFS) {
		err = f.openAs(os.O_RDONLY, nil)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openAs opens the file with flags of os.OpenFile. If same is not nil, it must be that
// file.
func (f *file) openAs(flags int, same fs.FileInfo) (err error) {
	defer recovered(&err) // in bbolt's opening, for what the check below does not see
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	readOnly := flags&os.O_RDWR == 0
	options := *bbolt.DefaultOptions
	options.Timeout, options.FreelistType, options.ReadOnly = lockWait, bbolt.FreelistMapType, readOnly
	var o *os.File
	var is fs.FileInfo
	options.OpenFile = func(name string, _ int, mode fs.FileMode) (_ *os.File, err error) {
		if o, err = os.OpenFile(name, flags, mode); err != nil {
			return nil, err
		}
		if is, err = lockAndCheck(o, readOnly); err == nil && same != nil && !os.SameFile(is, same) {
			err = errReplaced
		}
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		return o, nil
	}
	b, err := bbolt.Open(f.name, 0o600, &options)
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum), errors.Is(err, pages.ErrDamaged):
		return damagedError{err}
	case err != nil:
		return err
	}
	f.b, f.o, f.is, f.readOnly = b, o, is, readOnly
	return nil
}

// lockAndCheck locks an open file against other processes, as bbolt does again, and checks
// its pages. An empty file is a new one.
func lockAndCheck(o *os.File, shared bool) (fs.FileInfo, error) {
	if err := lock(o, shared, lockWait); err != nil {
		return nil, err
	}
	is, err := o.Stat()
	if err != nil || is.Size() == 0 {
		return is, err
	}
	return is, pages.Check(o, is.Size(), maxChecked)
}

// errReplaced means that the file in the folder is not the one that was opened.
var errReplaced = errors.New("the data folder or the database in it was deleted or replaced")

// inPlace returns errReplaced if changes would go to a file that is no longer in the
// folder.
func (f *file) inPlace() error {
	f.open.RLock()
	is := f.is
	f.open.RUnlock()
	if now, err := os.Stat(f.name); err != nil || !os.SameFile(now, is) {
		return errReplaced
	}
	return nil
}

// damaged returns what is wrong with the file, if that was found.
func (f *file) damaged() error {
	return f.refuses(true)
}

// writable tries to open a file for writing that could only be opened for reading.
func (f *file) writable() error {
	f.open.RLock()
	is, readOnly := f.is, f.readOnly
	f.open.RUnlock()
	if !readOnly {
		return nil
	}
	o, err := os.OpenFile(f.name, os.O_RDWR, 0) // while it is, phones are answered
	if err != nil {
		return err
	}
	if err := o.Close(); err != nil {
		return err
	}
	f.open.Lock()
	defer f.open.Unlock()
	if err := f.b.Close(); err != nil {
		return err
	}
	if err := f.openAs(os.O_RDWR, is); err != nil {
		return errors.Join(err, f.openAs(os.O_RDONLY, is))
	}
	return nil
}

// unmapped reports whether the file must be opened again: bbolt could not map it, or an
// earlier attempt to open it again has failed.
func unmapped(err error) bool {
	return errors.Is(err, berrors.ErrInvalidMapping) || errors.Is(err, berrors.ErrDatabaseNotOpen)
}

// reopen opens a file again that is unmapped, after all transactions have ended.
func (f *file) reopen() error {
	f.open.Lock()
	defer f.open.Unlock()
	if f.b.View(func(*bbolt.Tx) error { return nil }) == nil { // another goroutine has done it
		return nil
	}
	if f.closed || time.Since(f.tried) < reopenEvery {
		return berrors.ErrDatabaseNotOpen
	}
	f.tried = time.Now()
	if err := f.b.Close(); err != nil {
		return err
	}
	flags := os.O_RDWR
	if f.readOnly {
		flags = os.O_RDONLY
	}
	return f.openAs(flags, f.is)
}

// Close waits for running transactions and closes the file.
func (f *file) Close() error {
	f.open.Lock()
	defer f.open.Unlock()
	f.closed = true
	if f.damage != nil || f.stuck { // bbolt would wait for its own locks
		return nil
	}
	return f.b.Close()
}

// syncFolder syncs what the folder of a file has been given.
func (f *file) syncFolder() error { return syncFolder(filepath.Dir(f.name)) }
