package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// A Truth decides which transactions of a replica are committed.
type Truth interface {
	// Approve writes what a transaction of the replica has written to the truth, all of it
	// or nothing, if nothing was written to the truth since the replica's revision. It
	// returns the new revision. The replica's writer waits for it. If it fails, the
	// transaction is rolled back and Settle is called. Without writes, it only finds out
	// whether nothing was written since.
	Approve(revision int64, writes []Write) (next int64, err error)
	// Settle is called with the error of Approve, when the writer does not wait any more.
	// It reports whether the transaction is to run again. If not, its result is that of
	// the transaction: nil if the truth and the replica have all that it wrote.
	Settle(err error) (again bool, result error)
	// Limits returns how many records, and how many bytes, Approve can write.
	Limits() (records, bytes int)
	// Clock returns the time, which is not before what another replica has called it,
	// when the clock of this machine says now.
	Clock(now time.Time) time.Time
}

// errDecided means that a transaction was approved and could not be committed.
var errDecided = errors.New("bolt: the change is decided, and not stored here")

// A declinedError is an error of Approve.
type declinedError struct{ error }

func (e declinedError) Unwrap() error { return e.error }

// begun returns a transaction of changes.
func (db *DB) begun(tx *bbolt.Tx) *writeTx {
	if db.config.Truth == nil {
		return &writeTx{Tx: tx, node: db.config.Node}
	}
	r := &recording{places: map[string]int{}}
	r.maxRecords, r.maxBytes = db.config.Truth.Limits()
	return &writeTx{Tx: tx, recorded: r, node: db.config.Node}
}

// approve has what tx has written decided. What only this file has needs no decision.
func (db *DB) approve(tx *writeTx) (decided bool, err error) {
	if tx.recorded == nil || len(tx.recorded.writes) == 0 && !tx.recorded.asked {
		return false, nil
	}
	revision, cluster, err := replicaOf(tx.Tx)
	if err != nil {
		return false, err
	}
	next, err := db.config.Truth.Approve(revision, tx.recorded.writes)
	if err != nil {
		return false, declinedError{err}
	}
	if len(tx.recorded.writes) == 0 {
		return false, nil
	}
	return true, putReplicaOf(tx.Tx, next, cluster)
}

// ErrReplica is returned for a database that is a replica, and opened without a truth.
var ErrReplica = errors.New("a replica of what etcd stores")

// checkAlone returns ErrReplica if the database must not be changed by itself.
func (db *DB) checkAlone() error {
	_, cluster, err := db.ReplicaOf()
	if err == nil && cluster != 0 && db.config.Truth == nil {
		err = ErrReplica
	}
	return err
}

// keyReplica is in bucketMeta: the revision of the truth that the database has, and the
// number of the cluster that it is the truth of. There is none unless it is a replica.
var keyReplica = []byte("replica")

func replicaOf(tx *bbolt.Tx) (revision int64, cluster uint64, err error) {
	v := tx.Bucket(bucketMeta).Get(keyReplica)
	switch len(v) {
	case 0:
		return 0, 0, nil
	case 16:
		return int64(binary.BigEndian.Uint64(v)), binary.BigEndian.Uint64(v[8:]), nil
	}
	return 0, 0, fmt.Errorf("bolt: the stored revision is damaged: %x", v)
}

func putReplicaOf(tx *bbolt.Tx, revision int64, cluster uint64) error {
	v := binary.BigEndian.AppendUint64(nil, uint64(revision))
	return tx.Bucket(bucketMeta).Put(keyReplica, binary.BigEndian.AppendUint64(v, cluster))
}

// ReplicaOf returns of which revision of which cluster's truth the database is a replica.
// The revision is 0 if it is none, or not a whole one.
func (db *DB) ReplicaOf() (revision int64, cluster uint64, err error) {
	err = db.b.View(func(tx *bbolt.Tx) (err error) {
		revision, cluster, err = replicaOf(tx)
		return err
	})
	return revision, cluster, err
}

// SetReplicaOf stores of which revision of which cluster's truth the database is a
// replica.
func (db *DB) SetReplicaOf(revision int64, cluster uint64) error {
	return db.follow(func(tx *writeTx) error { return putReplicaOf(tx.Tx, revision, cluster) })
}
