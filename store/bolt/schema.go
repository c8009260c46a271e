package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

var keySchema = []byte("schema")

// A migration takes the database from one schema to the next, all or nothing.
type migration func(*bbolt.Tx) error

// migrations[0] leads from schema 1 to 2, and so on. The schema that this
// program reads and writes is one more than there are migrations.
var migrations = []migration{
	// To 2: released phones are held, there is a history, and uploads are told.
	func(tx *bbolt.Tx) error { return makeBuckets(tx, schema2) },
	// To 3: phones are counted as they change. Here they are counted once.
	func(tx *bbolt.Tx) error {
		n := 0
		err := tx.Bucket(bucketPhones).ForEach(func(_, _ []byte) error { n++; return nil })
		return errors.Join(err, countPhones(tx, n))
	},
}

func makeBuckets(tx *bbolt.Tx, names [][]byte) error {
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the buckets of a new database and brings an older one to the
// current schema, after a copy of it beside the file. A schema from the future
// and a file of something else are refused, untouched.
func prepare(b *bbolt.DB, migrations []migration) error {
	current := len(migrations) + 1
	found, err := schema(b)
	switch {
	case err != nil:
		return err
	case found == 0:
		return b.Update(func(tx *bbolt.Tx) error {
			if err := makeBuckets(tx, buckets); err != nil {
				return err
			}
			return putSchema(tx, current)
		})
	case found > current:
		return fmt.Errorf("written by a newer snomredirect (schema %d; this one reads up to %d): run that one", found, current)
	case found < current:
		return migrate(b, found, migrations)
	}
	return nil
}

// schema returns the number that is stored, or 0 for a database still empty.
func schema(b *bbolt.DB) (n int, err error) {
	err = b.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			return nil
		}
		var text []byte
		if meta := tx.Bucket(bucketMeta); meta != nil {
			text = meta.Get(keySchema)
		}
		if n, err = strconv.Atoi(string(text)); err != nil || n < 1 {
			return errors.New("not a snomredirect database: it holds no schema number")
		}
		return nil
	})
	return n, err
}

func putSchema(tx *bbolt.Tx, n int) error {
	return tx.Bucket(bucketMeta).Put(keySchema, []byte(strconv.Itoa(n)))
}

// migrate copies the file to FILE.schema-N, synced, and then runs all that leads
// on from schema N in one transaction.
func migrate(b *bbolt.DB, from int, migrations []migration) error {
	if err := backup(b, fmt.Sprintf("%s.schema-%d", b.Path(), from)); err != nil {
		return fmt.Errorf("copy before the migration: %w", err)
	}
	return b.Update(func(tx *bbolt.Tx) error {
		for n := from; n <= len(migrations); n++ {
			if err := migrations[n-1](tx); err != nil {
				return fmt.Errorf("migration from schema %d: %w", n, err)
			}
		}
		return putSchema(tx, len(migrations)+1)
	})
}

func backup(b *bbolt.DB, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = b.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	return errors.Join(err, f.Sync(), f.Close(), syncFolder(filepath.Dir(file)))
}
