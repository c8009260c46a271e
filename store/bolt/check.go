package bolt

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
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
	Files    int // that exist
	Versions int // of files, with those that are present and with removals
	APIKeys  int
	Profiles int // of provisioning
	// Replica means that it is that of a node of a cluster, and Unfinished that it also is
	// not complete: see ErrUnfinished.
	Replica, Unfinished bool
	// Checksum is that of all that the nodes of a cluster have in common: it is the same if
	// they have the same changes. It is "" if there are problems, or the schema is older.
	Checksum string
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
func Check(name string) (r Report, err error) {
	r.Size, err = examine(name, &r.Findings, func(tx *bbolt.Tx) error {
		var err error
		if r.Schema, err = schemaIn(tx, len(migrations)+1); err == nil {
			checkRecords(tx, &r, time.Now())
			r.checkReplica(tx)
		}
		if err == nil && r.Found == 0 && r.Schema == Schema() {
			_, sum := sumOf(tx)
			r.Checksum = hex.EncodeToString(sum[:])
		}
		return err
	})
	return r, err
}

// examine opens a file, checks its pages, and runs f in a transaction, whose error it
// returns. It returns the size of the file as well.
func examine(name string, found *Findings, f func(tx *bbolt.Tx) error) (size int64, err error) {
	damaged := func(err error) { found.add("%v: the rest was not read", withoutPath(err)) }
	b, err := openReadOnly(name)
	if errors.Is(err, store.ErrDamaged) {
		damaged(err)
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.checkPages(); err != nil {
		damaged(err)
		return b.is.Size(), nil
	}
	var refused error
	err = b.View(func(tx *bbolt.Tx) error {
		if refused = f(tx); refused == nil {
			for err := range tx.Check() { // in a goroutine of its own, which needs checkPages
				found.add("pages: %v", err)
			}
		}
		return nil
	})
	if err != nil {
		damaged(err)
	}
	return b.is.Size(), refused
}

// openReadOnly opens a file for reading, locked against writers. The error is ErrInUse,
// ErrNoDatabase, or a store.ErrDamaged.
func openReadOnly(name string) (*file, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNoDatabase
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a file", filepath.Base(name))
	case info.Size() == 0: // a service ended when it had just created it
		return nil, ErrNoDatabase
	}
	b := &file{name: name}
	if err := b.openAs(os.O_RDONLY, nil); err != nil {
		return nil, err
	}
	return b, nil
}

// checkPages checks all pages of an open file that nobody writes to.
func (f *file) checkPages() error { return pages.Check(f.o, f.is.Size(), math.MaxInt) }

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
