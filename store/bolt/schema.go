package bolt

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.etcd.io/bbolt"
)

var keySchema = []byte("schema")

// A migration converts the database from one schema to the next, in one
// transaction.
type migration func(*bbolt.Tx) error

// migrations[0] converts schema 1 to 2, and so on. The schema that this program
// reads and writes is the number of migrations plus one.
var migrations = []migration{
	// To 2: adds holds of deregistered phones, the history, and jobs.
	func(tx *bbolt.Tx) error { return makeBuckets(tx, schema2) },
	// To 3: adds the count of phones, which changes keep up to date from here on.
	func(tx *bbolt.Tx) error {
		n := 0
		err := tx.Bucket(bucketPhones).ForEach(func(_, _ []byte) error { n++; return nil })
		return errors.Join(err, countPhones(&writeTx{Tx: tx}, n))
	},
	// To 4: divides histories into classes, and adds the usage of each account and claims.
	func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx, schema4); err != nil {
			return err
		}
		return errors.Join(classifyHistories(tx), countUsage(&writeTx{Tx: tx}))
	},
	// To 5: adds files.
	func(tx *bbolt.Tx) error { return makeBuckets(tx, schema5) },
	// To 6: makes records of the numbers that were given out last.
	storeSequences,
	// To 7: adds API keys and provisioning profiles.
	func(tx *bbolt.Tx) error { return makeBuckets(tx, schema7) },
	// To 8: adds what can be undone, and notes to phones, and notes and URLs to holds, which
	// older programs would take for URLs and damage.
	func(tx *bbolt.Tx) error { return makeBuckets(tx, schema8) },
}

func makeBuckets(tx *bbolt.Tx, names [][]byte) error {
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// A database is what migrations need of one.
type database interface {
	View(func(*bbolt.Tx) error) error
	Update(func(*bbolt.Tx) error) error
}

// prepare creates the buckets of a new database. It converts an older database to
// the current schema, after copying it to a file beside it. It rejects a newer
// schema and a file of another program, without changing them.
func prepare(b *file, migrations []migration) error {
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
		return fmt.Errorf("written by a newer snomredirect (schema %d; this version reads up to %d): run that version", found, current)
	case found < current:
		return migrate(b, found, migrations)
	}
	return nil
}

// schema returns the stored schema number, or 0 if the database is empty.
func schema(b database) (n int, err error) {
	err = b.View(func(tx *bbolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			return nil
		}
		var text []byte
		if meta := tx.Bucket(bucketMeta); meta != nil {
			text = meta.Get(keySchema)
		}
		if n, err = strconv.Atoi(string(text)); err != nil || n < 1 {
			return errors.New("not a snomredirect database: no schema number")
		}
		return nil
	})
	return n, err
}

func putSchema(tx *bbolt.Tx, n int) error {
	return tx.Bucket(bucketMeta).Put(keySchema, []byte(strconv.Itoa(n)))
}

// migrate copies the file to FILE.schema-N and syncs the copy, then runs all
// migrations from schema N on in one transaction.
func migrate(b *file, from int, migrations []migration) error {
	if err := backup(b, fmt.Sprintf("%s.schema-%d", b.name, from)); err != nil {
		return fmt.Errorf("backup before the migration: %w", err)
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

// backup writes a copy. One of an earlier attempt stays until the new one is whole.
func backup(b database, file string) error {
	return writeWhole(file, os.Rename, func(f *os.File) error {
		return b.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(f)
			return err
		})
	})
}
