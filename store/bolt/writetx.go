package bolt

import (
	"encoding/binary"
	"math"

	"go.etcd.io/bbolt"
)

// A writeTx is a write transaction. All records of the truth (see [Write]) are written
// through its methods, which record them if the truth is elsewhere. What follows from
// them is written to its buckets directly, because replicas derive it.
type writeTx struct {
	*bbolt.Tx
	recorded *recording // nil if nothing is recorded
	node     string     // where its commands run: see Config.Node
}

// A recording is what a transaction has written, each record once.
type recording struct {
	writes []Write
	places map[string]int // key → index in writes
	bytes  int

	maxRecords, maxBytes int  // that the truth can write at once
	asked                bool // what it read counts, even if it writes nothing
}

// ask lets the transaction fail unless what it reads is what the truth has, even if it
// writes nothing: a change is refused by all replicas or by none.
func (tx *writeTx) ask() {
	if tx.recorded != nil {
		tx.recorded.asked = true
	}
}

// fits reports whether the truth can write what was written so far.
func (tx *writeTx) fits() bool {
	r := tx.recorded
	return r == nil || len(r.writes) <= r.maxRecords && r.bytes <= r.maxBytes
}

// tooLong reports whether a record is so long that the truth could write little else with
// it.
func (tx *writeTx) tooLong(v []byte) bool {
	return tx.recorded != nil && len(v) > tx.recorded.maxBytes/2
}

// room returns how many more records the truth can write.
func (tx *writeTx) room() int {
	if tx.recorded == nil {
		return math.MaxInt
	}
	return max(0, tx.recorded.maxRecords-len(tx.recorded.writes))
}

func (r *recording) add(w Write) {
	i, again := r.places[w.Key]
	if !again {
		i = len(r.writes)
		r.places[w.Key] = i
		r.writes = append(r.writes, Write{})
		r.bytes += len(w.Key)
	}
	r.bytes += len(w.Value) - len(r.writes[i].Value)
	r.writes[i] = w
}

// put writes a record of the truth. v must not be changed afterwards.
func (tx *writeTx) put(bucket, k, v []byte) error {
	if tx.recorded != nil {
		if v == nil {
			v = []byte{} // nil deletes
		}
		tx.recorded.add(Write{truthKey(bucket, k), v})
	}
	return tx.Bucket(bucket).Put(k, v)
}

// delete deletes a record of the truth. It may be missing.
func (tx *writeTx) delete(bucket, k []byte) error {
	if tx.recorded != nil {
		tx.recorded.add(Write{truthKey(bucket, k), nil})
	}
	return tx.Bucket(bucket).Delete(k)
}

// sequencePrefix begins the keys in bucketMeta of the numbers that were given out last.
// Until schema 6 they were bbolt's sequences, which are no records.
const sequencePrefix = "seq."

func sequenceKey(bucket []byte) []byte { return append([]byte(sequencePrefix), bucket...) }

// next gives out the next number for a record of a bucket. The first is 1.
func (tx *writeTx) next(bucket []byte) (uint64, error) {
	n := sequence(tx.Tx, bucket) + 1
	return n, tx.put(bucketMeta, sequenceKey(bucket), binary.BigEndian.AppendUint64(nil, n))
}

// sequence returns the number that was given out last, or 0.
func sequence(tx *bbolt.Tx, bucket []byte) uint64 {
	v := tx.Bucket(bucketMeta).Get(sequenceKey(bucket))
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

// sequenced are the buckets whose records have numbers.
var sequenced = [][]byte{bucketAccounts, bucketHistory, bucketJobs, bucketClaims, bucketFileOrder}

// storeSequences makes records of bbolt's sequences, for a migration.
func storeSequences(tx *bbolt.Tx) error {
	for _, bucket := range sequenced {
		n := tx.Bucket(bucket).Sequence()
		if n == 0 {
			continue
		}
		if err := putSequence(tx, bucket, n); err != nil {
			return err
		}
	}
	return nil
}

func putSequence(tx *bbolt.Tx, bucket []byte, n uint64) error {
	return tx.Bucket(bucketMeta).Put(sequenceKey(bucket), binary.BigEndian.AppendUint64(nil, n))
}
