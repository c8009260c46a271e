package bolt

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// Contacts stores the last contact of each phone. Its methods are safe for
// concurrent use.
//
// Contacts are not worth refusing service for. A file that can't be read, or has
// another schema, is renamed to contacts.db.damaged, a warning is logged, and a new
// file is created: when it is opened, and whenever a wrong page is met later. While no
// file can be opened, for example because the disk is full, no contacts are known, and
// putting some is an error.
type Contacts struct {
	name string
	log  *slog.Logger

	mu    sync.Mutex
	b     *file     // nil if none could be opened
	tried time.Time // when that was tried last
}

// errNoFile means that no file could be opened, now or less than reopenEvery ago.
var errNoFile = errors.New("no contacts file")

// OpenContacts opens the contacts file in the data folder, which [Open] has created.
// The error is ErrInUse.
func OpenContacts(folder string, log *slog.Logger) (*Contacts, error) {
	c := &Contacts{name: filepath.Join(folder, contactsName), log: log}
	if _, err := c.file(); errors.Is(err, ErrInUse) {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	} else if err != nil {
		log.Error("can't open the contacts file, retrying", "file", c.name, "error", err)
	}
	return c, nil
}

// file returns the open file. If there is none, it tries to open it.
func (c *Contacts) file() (*file, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.b != nil {
		return c.b, nil
	}
	if time.Since(c.tried) < reopenEvery {
		return nil, errNoFile
	}
	c.tried = time.Now()
	b, err := openContacts(c.name)
	if errors.Is(err, store.ErrDamaged) {
		if err := c.setAside(err); err != nil {
			return nil, err
		}
		b, err = openContacts(c.name)
	}
	if err != nil {
		return nil, err
	}
	c.b = b
	return b, nil
}

// setAside renames a damaged file.
func (c *Contacts) setAside(why error) error {
	renamed := c.name + ".damaged"
	if err := os.Rename(c.name, renamed); err != nil {
		return errors.Join(why, err)
	}
	c.log.Warn("can't read the contacts file: it is renamed, and an empty one begun", "file", renamed, "error", why)
	c.tried = time.Time{}
	return nil
}

// openContacts opens a file. The error is store.ErrDamaged for one that does not contain
// contacts in a schema that is read.
func openContacts(name string) (*file, error) {
	b, err := openFile(name)
	if err != nil {
		return nil, err
	}
	if err := prepareContacts(b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// prepareContacts creates the buckets of a new file, converts an older one, and rejects
// unknown files.
func prepareContacts(b *file) error {
	found, err := schema(b)
	switch {
	case err != nil:
		return damagedError{err}
	case found == 0:
		return b.Update(func(tx *bbolt.Tx) error {
			if err := makeBuckets(tx, [][]byte{bucketMeta, bucketContacts, bucketSources, bucketKnownHosts, bucketLogins}); err != nil {
				return err
			}
			return putSchema(tx, contactsSchema)
		})
	case found > contactsSchema:
		return damagedError{fmt.Errorf("schema %d; this version reads schema %d", found, contactsSchema)}
	}
	addedLater := [][]byte{bucketKnownHosts, bucketLogins} // which no other schema marks
	all, err := hasBuckets(b, addedLater...)
	if err != nil {
		return err
	}
	if contacts, err := hasBuckets(b, bucketContacts); err != nil || !contacts {
		return errors.Join(err, damagedError{errors.New("not a contacts file")})
	}
	if !all {
		if err := b.Update(func(tx *bbolt.Tx) error { return makeBuckets(tx, addedLater) }); err != nil {
			return err
		}
	}
	switch found {
	case 1:
		return addSources(b)
	case 2, 3: // their records are also right in the present schema
		return b.Update(func(tx *bbolt.Tx) error { return putSchema(tx, contactsSchema) })
	}
	return nil
}

func hasBuckets(b database, names ...[]byte) (has bool, err error) {
	err = b.View(func(tx *bbolt.Tx) error {
		has = !slices.ContainsFunc(names, func(name []byte) bool { return tx.Bucket(name) == nil })
		return nil
	})
	return has, err
}

// view runs fn in a read transaction. If there is no file, it does nothing.
func (c *Contacts) view(fn func(*bbolt.Tx) error) error {
	err := c.do(func(b *file) error { return b.View(fn) })
	if errors.Is(err, errNoFile) {
		return nil
	}
	return err
}

// update runs fn in a write transaction.
func (c *Contacts) update(fn func(*bbolt.Tx) error) error {
	return c.do(func(b *file) error {
		if err := b.writable(); err != nil {
			return err
		}
		return b.Update(fn)
	})
}

// do runs f with the file. If that is damaged it is set aside, and f runs again with a
// new one.
func (c *Contacts) do(f func(*file) error) error {
	b, err := c.file()
	if err != nil {
		return errors.Join(errNoFile, err)
	}
	if err = f(b); !errors.Is(err, store.ErrDamaged) {
		return err
	}
	if err := c.replace(b, err); err != nil {
		return err
	}
	if b, err = c.file(); err != nil {
		return errors.Join(errNoFile, err)
	}
	return f(b)
}

// replace sets a damaged file aside, unless another goroutine has.
func (c *Contacts) replace(b *file, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.b != b {
		return nil
	}
	if err := c.setAside(why); err != nil {
		return err
	}
	c.b = nil
	_ = b.Close() // of no use any more
	return nil
}

// Close waits for running transactions and closes the file.
func (c *Contacts) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.b == nil {
		return nil
	}
	return c.b.Close()
}
