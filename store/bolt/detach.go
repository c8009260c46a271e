package bolt

import (
	"errors"
	"os"

	"go.etcd.io/bbolt"
)

// ErrUnfinished means that a replica was reading everything, so that it has neither what
// it had before nor all that there is.
var ErrUnfinished = errors.New("it belongs to a node that was reading everything from etcd, and is not complete")

// Detach makes a replica that no process has open a database of its own, with all that it
// has: it can be opened without a truth. Of another database it changes nothing. The error is
// ErrUnfinished if the replica is not complete.
func Detach(name string) error {
	f := &file{name: name}
	if err := f.openAs(os.O_RDWR, nil); err != nil {
		return err
	}
	err := f.Update(func(tx *bbolt.Tx) error {
		replica, unfinished, err := replicated(tx)
		switch {
		case err != nil:
			return err
		case unfinished:
			return ErrUnfinished
		case !replica:
			return errNothing
		}
		return tx.Bucket(bucketMeta).Delete(keyReplica)
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// replicated reports whether a database is a replica, and whether it is one that is not
// complete.
func replicated(tx *bbolt.Tx) (replica, unfinished bool, err error) {
	revision, cluster, err := replicaOf(tx)
	return cluster != 0, cluster != 0 && revision == 0, err
}

// checkReplica finds out whether the database is a replica.
func (r *Report) checkReplica(tx *bbolt.Tx) {
	if tx.Bucket(bucketMeta) == nil {
		return // which checkRecords reports
	}
	var err error
	if r.Replica, r.Unfinished, err = replicated(tx); err != nil {
		r.add("%v", err)
	}
}
