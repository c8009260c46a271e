package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
)

// errNothing rolls back a transaction that has nothing to write.
var errNothing = errors.New("bolt: nothing to write")

// follow runs f in a transaction of the replica, which needs no decision.
func (db *DB) follow(f func(*writeTx) error) error {
	err := db.b.inPlace()
	if err == nil {
		err = db.b.Update(func(tx *bbolt.Tx) error { return f(&writeTx{Tx: tx}) })
	}
	if err == nil || errors.Is(err, errNothing) {
		return nil
	}
	db.note(err)
	return notStored(err)
}

// Apply writes records that were decided elsewhere, up to a revision of the truth, and
// what follows from them. If the database has that revision, it does nothing.
func (db *DB) Apply(writes []Write, revision int64) error {
	return db.derive(writes, func(tx *writeTx) error {
		now, cluster, err := replicaOf(tx.Tx)
		switch {
		case err != nil:
			return err
		case revision <= now:
			return errNothing
		}
		return putReplicaOf(tx.Tx, revision, cluster)
	})
}

// Replace makes the records of the truth whose keys begin with the first letter of from,
// and are not before from and before to, those given, which are sorted. If to begins
// with another letter, there is no end. It writes only what differs.
func (db *DB) Replace(from, to string, records []Write) error {
	var writes []Write
	err := db.b.View(func(tx *bbolt.Tx) (err error) {
		writes, err = differences(tx, from, to, records)
		return err
	})
	if err != nil || len(writes) == 0 {
		return err
	}
	return db.derive(writes, func(*writeTx) error { return nil })
}

// derive writes records that were decided elsewhere, and what follows from them, in one
// transaction with begin, which may refuse.
func (db *DB) derive(writes []Write, begin func(*writeTx) error) error {
	var d *derivation
	err := db.follow(func(tx *writeTx) error {
		d = newDerivation(tx)
		if err := begin(tx); err != nil {
			return err
		}
		for _, w := range writes {
			if err := d.write(w); err != nil {
				return err
			}
		}
		return d.finish()
	})
	if err == nil && d.accounts {
		err = db.readDisabled()
	}
	if err == nil && d.unregistered {
		err = db.readDefault()
	}
	return err
}

// differences returns what must be written so that a range of records is as given.
func differences(tx *bbolt.Tx, from, to string, records []Write) (writes []Write, err error) {
	if from == "" || truthBuckets[from[0]] == nil {
		return nil, errors.New("bolt: no such records")
	}
	bucket := truthBuckets[from[0]]
	c := tx.Bucket(bucket).Cursor()
	for k, v := c.Seek([]byte(from[1:])); k != nil; k, v = c.Next() {
		key := truthKey(bucket, k)
		if to != "" && to[0] == from[0] && key >= to {
			break
		}
		if !inTruth(bucket, k) {
			continue
		}
		for len(records) > 0 && records[0].Key < key {
			writes, records = append(writes, records[0]), records[1:]
		}
		switch {
		case len(records) == 0 || records[0].Key != key:
			writes = append(writes, Write{Key: key})
			continue
		case !bytes.Equal(records[0].Value, v):
			writes = append(writes, records[0])
		}
		records = records[1:]
	}
	return append(writes, records...), nil
}

// Records returns up to n records of the truth, sorted by their keys, after a key; "" is
// before the first. Fewer are the last.
func (db *DB) Records(after string, n int) (page []Write, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		return eachRecord(tx, after, func(bucket, k, v []byte) bool {
			page = append(page, Write{truthKey(bucket, k), append([]byte{}, v...)})
			return len(page) < n
		})
	})
	return page, err
}

// Sum returns how many records of the truth there are, and a checksum of them, which is
// the same for all replicas of the same revision.
func (db *DB) Sum() (records int, sum [sha256.Size]byte, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		records, sum = sumOf(tx)
		return nil
	})
	return records, sum, err
}

// sumOf is Sum of a transaction's database, which has the buckets of the present schema.
func sumOf(tx *bbolt.Tx) (records int, sum [sha256.Size]byte) {
	h := sha256.New()
	var head []byte
	_ = eachRecord(tx, "", func(bucket, k, v []byte) bool { // never fails
		records++
		head = append(head[:0], truthLetters[string(bucket)])
		head = binary.AppendUvarint(head, uint64(len(k)))
		head = binary.AppendUvarint(head, uint64(len(v)))
		for _, part := range [][]byte{head, k, v} {
			_, _ = h.Write(part) // never fails
		}
		return true
	})
	return records, [sha256.Size]byte(h.Sum(nil))
}

// eachRecord calls f for the records of the truth after a key, until it returns false.
func eachRecord(tx *bbolt.Tx, after string, f func(bucket, k, v []byte) bool) error {
	for _, t := range truth {
		c := tx.Bucket(t.bucket).Cursor()
		k, v := c.First()
		switch {
		case after == "" || t.letter > after[0]:
		case t.letter < after[0]:
			continue
		default:
			if k, v = c.Seek([]byte(after[1:])); string(k) == after[1:] {
				k, v = c.Next()
			}
		}
		for ; k != nil; k, v = c.Next() {
			if inTruth(t.bucket, k) && !f(t.bucket, k, v) {
				return nil
			}
		}
	}
	return nil
}
