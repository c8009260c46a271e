package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// compactedPerCommit is how many bytes of keys and values Compact copies in one
// transaction: those of some 50,000 phones, which take some ten times as much memory.
const compactedPerCommit = 1 << 20

// Compact copies a database that no process has open to a new file, without the pages
// that are free. The new file can be read only by its owner, and is on disk, with its
// folder, when Compact returns. If Compact fails, it leaves no file; a file that exists
// is an error and stays as it is. The other errors are those of Check; if pages are
// damaged, nothing is copied.
func Compact(from, to string) (err error) {
	src, err := openReadOnly(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := src.checkPages(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(from), withoutPath(err))
	}
	return newFile(to, func() error { return copyRecords(src, to) })
}

// newFile creates a file that only its owner can read, runs write, and syncs the file
// and its folder. If that fails, it leaves no file. A file that exists is an error.
func newFile(file string, write func() error) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	return errors.Join(write(), f.Sync(), f.Close(), syncFolder(filepath.Dir(file)))
}

// copyRecords copies all buckets of src to an empty file. It leaves syncing to newFile.
func copyRecords(src *file, to string) (err error) {
	dst, err := bbolt.Open(to, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType, NoSync: true, NoGrowSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	defer recovered(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return bbolt.Compact(dst, src.b, compactedPerCommit)
}

// ErrProblems is returned if a database has problems and is not compacted.
var ErrProblems = errors.New("the database has problems")

// CompactFolder compacts the database of a data folder that no process has open, checks
// the new file, and replaces the database with it. It returns what Check reports of the
// two. After a power cut, the folder has either the old database or the new one.
//
// The database stays as it is if it has problems (ErrProblems), or if ctx ends before the new file is
// complete. The other errors are those of [Compact].
func CompactFolder(ctx context.Context, folder string) (before, after Report, err error) {
	file := DatabaseFile(folder)
	if real, err := filepath.EvalSymlinks(file); err == nil { // which may be on another disk
		file = real
	}
	lock, err := openReadOnly(file)
	if err != nil {
		return before, after, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if before, err = Check(file); err == nil && before.Found > 0 {
		err = ErrProblems
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return before, after, err
	}
	// Of two compactions at the same time, the second finds the file of the first.
	compacted := file + ".compacted"
	switch err := Compact(file, compacted); {
	case errors.Is(err, fs.ErrExist):
		return before, after, fmt.Errorf("%s exists: if no other compaction is running, one was interrupted: delete the file", compacted)
	case err != nil:
		return before, after, err
	}
	if after, err = replace(ctx, file, compacted, before); err != nil {
		return before, after, errors.Join(err, os.Remove(compacted))
	}
	err = syncFolder(filepath.Dir(file))
	// A service that has just started may have opened the old file and wait for its lock:
	// its changes would be lost.
	time.Sleep(lockWait + lockWait/4)
	return before, after, err
}

// replace replaces a database with its compacted copy, if ctx has not ended and the copy
// has all records. If it fails, both are still there.
func replace(ctx context.Context, file, compacted string, before Report) (after Report, err error) {
	if after, err = Check(compacted); err == nil && !after.same(before) {
		err = fmt.Errorf("the copy differs: %+v instead of %+v", after, before)
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return after, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return after, err
	}
	if err := keepOwner(compacted, info); err != nil {
		return after, err
	}
	return after, os.Rename(compacted, file)
}

// same reports whether two databases have the same records, as far as reports tell.
func (r Report) same(other Report) bool {
	r.Size = other.Size
	return r.Found == 0 && other.Found == 0 && fmt.Sprint(r) == fmt.Sprint(other)
}
