package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// BeginJob stores j and returns it with its ID. [DB.Jobs] returns it from then on,
// until a batch or [DB.EndJob] ends it.
func (db *DB) BeginJob(j store.Job) (store.Job, error) {
	err := db.update(false, func(tx *writeTx) (err error) {
		if j.ID, err = tx.next(bucketJobs); err != nil {
			return err
		}
		return putJob(tx, &j)
	})
	return j, err
}

// EndJob deletes j. Ending a job twice is not an error.
func (db *DB) EndJob(j store.Job) error {
	j.Done = true
	return db.update(false, func(tx *writeTx) error { return putJob(tx, &j) })
}

// Jobs returns the jobs of an account that have not ended, oldest first: the
// running ones and the interrupted ones.
func (db *DB) Jobs(account store.AccountID) (all []store.Job, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := accountKey(account)
		c := tx.Bucket(bucketJobs).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			j := store.Job{ID: binary.BigEndian.Uint64(k[len(prefix):])}
			if err := json.Unmarshal(v, &j); err != nil {
				return fmt.Errorf("bolt: the record of a job is damaged: %w", err)
			}
			all = append(all, j)
		}
		return nil
	})
	return all, err
}

// putJob stores j, or deletes it if it is done. If j is nil, it does nothing.
func putJob(tx *writeTx, j *store.Job) error {
	if j == nil {
		return nil
	}
	key := binary.BigEndian.AppendUint64(accountKey(j.Account), j.ID)
	if j.Done {
		return tx.delete(bucketJobs, key)
	}
	v, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return tx.put(bucketJobs, key, v)
}
