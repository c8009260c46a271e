package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// BeginJob keeps u and gives it a number, which is returned. From then on it
// is told by [DB.Jobs] until a batch or [DB.EndJob] ends it.
func (db *DB) BeginJob(u store.Job) (store.Job, error) {
	err := db.update(false, func(tx *bbolt.Tx) (err error) {
		if u.ID, err = tx.Bucket(bucketJobs).NextSequence(); err != nil {
			return err
		}
		return putJob(tx, &u)
	})
	return u, err
}

// EndJob forgets u; there is nothing left to tell of it.
func (db *DB) EndJob(u store.Job) error {
	u.Done = true
	return db.update(false, func(tx *bbolt.Tx) error { return putJob(tx, &u) })
}

// Uploads returns the uploads of an account that have not ended, the oldest
// first: those under way, and those that were interrupted.
func (db *DB) Jobs(account store.AccountID) (all []store.Job, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := accountKey(account)
		c := tx.Bucket(bucketJobs).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			u := store.Job{ID: binary.BigEndian.Uint64(k[len(prefix):])}
			if err := json.Unmarshal(v, &u); err != nil {
				return fmt.Errorf("bolt: the record of an upload is damaged: %w", err)
			}
			all = append(all, u)
		}
		return nil
	})
	return all, err
}

// putJob keeps what u is now; nil is none.
func putJob(tx *bbolt.Tx, u *store.Job) error {
	if u == nil {
		return nil
	}
	key := binary.BigEndian.AppendUint64(accountKey(u.Account), u.ID)
	if u.Done {
		return tx.Bucket(bucketJobs).Delete(key)
	}
	v, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketJobs).Put(key, v)
}
