package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// create creates the file of an empty database, unless there is a file of that name.
// After a power cut it is there whole or not at all, which bbolt doesn't promise: a name
// may be on disk before the first pages are, and a torn file is a damaged one.
func create(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return nil // opening it tells more
	}
	return writeWhole(name, link, func(f *os.File) error {
		b, err := bbolt.Open(f.Name(), 0o600, nil)
		if err != nil {
			return err
		}
		return b.Close()
	})
}

// link gives a file a name, unless another process has been faster.
func link(from, to string) error {
	err := os.Link(from, to)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil: // not every file system has links
		return os.Rename(from, to)
	}
	return nil
}

// writeWhole makes a file that only its owner can read: fill fills one in the same
// folder, and rename gives it its name once it is on disk. It is on disk under that name
// when writeWhole returns.
func writeWhole(name string, rename func(from, to string) error, fill func(*os.File) error) error {
	folder := filepath.Dir(name)
	f, err := os.CreateTemp(folder, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after a rename, as it should
	if err := errors.Join(fill(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := rename(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(folder)
}
