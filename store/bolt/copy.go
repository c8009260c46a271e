package bolt

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Copy writes a copy of the open database, as it is at one moment, to a new file that
// only its owner can read. The copy is on disk, synced, when Copy returns. If Copy
// fails, it leaves no file; a file that exists is an error and stays as it is.
//
// Changes go on meanwhile. Only one that makes the database grow beyond its mapping
// waits for the copy.
func (db *DB) Copy(file string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	return errors.Join(db.copyTo(f), f.Sync(), f.Close(), syncFolder(filepath.Dir(file)))
}

func (db *DB) copyTo(f io.Writer) error {
	w := bufio.NewWriter(f) // of a failed write of its first pages bbolt returns only the text
	return db.b.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(w)
		return errors.Join(err, w.Flush())
	})
}

// Schema returns the schema that this version reads and writes.
func Schema() int { return len(migrations) + 1 }
