package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/store/bolt/pages"
)

// ErrNoDatabase is returned if there is no file to check or to compact, or if it is
// empty.
var ErrNoDatabase = errors.New("no database")

// DatabaseFile returns the path of the database in a data folder.
func DatabaseFile(folder string) string { return filepath.Join(folder, fileName) }

// ContactsFile returns the path of the contacts file in a data folder.
func ContactsFile(folder string) string { return filepath.Join(folder, contactsName) }

// Findings are the problems that a check found, in plain English, a line each. They
// name accounts and phones, and no files.
type Findings struct {
	Problems []string // the first maxProblems
	Found    int      // how many there are
}

// maxProblems bounds the problems that are listed: a single damaged page may have
// hundreds.
const maxProblems = 100

func (f *Findings) add(format string, args ...any) {
	if f.Found++; len(f.Problems) < maxProblems {
		f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
	}
}

// A Report is what Check found in a database. It counts all records, including holds
// and claims that have ended and are not deleted yet.
type Report struct {
	Schema   int
	Size     int64 // of the file in bytes
	Accounts int
	Phones   int // registered
	Holds    int
	Entries  int // of all histories
	Claims   int
	Jobs     int
	Findings
}

// Check reads a whole database that no process has open, and changes nothing. It
// checks the pages, every record, and the indexes and stored counts against the
// records. Of an older schema it checks what that schema has. It needs some memory per
// account and page, but none per phone.
//
// The error is ErrInUse, ErrNoDatabase, or that of a file that is another program's or
// has a newer schema. All else that is wrong is in the report; if pages are damaged, no
// records are read.
func Check(file string) (r Report, err error) {
	r.Size, err = checkFile(file, &r.Findings, func(tx *bbolt.Tx) error {
		var err error
		if r.Schema, err = schemaIn(tx, len(migrations)+1); err == nil {
			checkRecords(tx, &r, time.Now())
		}
		return err
	})
	return r, err
}

// checkFile opens a file, checks its pages, and runs f in a transaction. It returns the
// size of the file.
func checkFile(file string, found *Findings, f func(tx *bbolt.Tx) error) (size int64, err error) {
	b, err := openReadOnly(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	size, err = checkPages(file)
	if err != nil {
		found.add("%v: no records were read", withoutPath(err))
		return size, nil
	}
	var refused error
	err = guard(func() error {
		return b.View(func(tx *bbolt.Tx) error {
			if refused = f(tx); refused == nil {
				for err := range tx.Check() { // its own goroutine is safe after checkPages
					found.add("pages: %v", err)
				}
			}
			return nil
		})
	})
	if err != nil {
		found.add("%v", withoutPath(err))
	}
	return size, refused
}

// openReadOnly opens a file for reading, locked against writers. It reads only the first
// two pages.
func openReadOnly(file string) (*bbolt.DB, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNoDatabase
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file", filepath.Base(file))
	case info.Size() == 0: // a service ended when it had just created it
		return nil, ErrNoDatabase
	}
	var b *bbolt.DB
	err = guard(func() (err error) {
		b, err = bbolt.Open(file, 0, &bbolt.Options{ReadOnly: true, Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, ErrInUse
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s: not a snomredirect database, or damaged: %w", filepath.Base(file), err)
	}
	return b, nil
}

// checkPages checks all pages of a file, so that bbolt can search it.
func checkPages(file string) (size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), pages.Check(f, info.Size(), math.MaxInt)
}

// guard runs f. If f reads a part of the mapped file that can't be read, or panics at
// what it reads, guard returns an error and the process goes on.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file can't be read to its end: %v", r)
		}
	}()
	return f()
}

// withoutPath returns err without the path of the file that it is about.
func withoutPath(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// schemaIn returns the schema of a database, which may be at most the current one.
func schemaIn(tx *bbolt.Tx, current int) (int, error) {
	n, err := schema(tx.DB())
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, ErrNoDatabase
	case n > current:
		return n, fmt.Errorf("written by a newer snomredirect (schema %d; this version reads up to %d): run that version", n, current)
	}
	return n, nil
}
