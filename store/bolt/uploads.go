package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// BeginUpload keeps u and gives it a number, which is returned. From then on it
// is told by [DB.Uploads] until an order or [DB.EndUpload] ends it.
func (db *DB) BeginUpload(u store.Upload) (store.Upload, error) {
	err := db.update(false, func(tx *bbolt.Tx) (err error) {
		if u.ID, err = tx.Bucket(bucketUploads).NextSequence(); err != nil {
			return err
		}
		return putUpload(tx, &u)
	})
	return u, err
}

// EndUpload forgets u; there is nothing left to tell of it.
func (db *DB) EndUpload(u store.Upload) error {
	u.Done = true
	return db.update(false, func(tx *bbolt.Tx) error { return putUpload(tx, &u) })
}

// Uploads returns the uploads of an account that have not ended, the oldest
// first: those under way, and those that were interrupted.
func (db *DB) Uploads(account store.AccountID) (all []store.Upload, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := accountKey(account)
		c := tx.Bucket(bucketUploads).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			u := store.Upload{ID: binary.BigEndian.Uint64(k[len(prefix):])}
			if err := json.Unmarshal(v, &u); err != nil {
				return fmt.Errorf("bolt: the record of an upload is damaged: %w", err)
			}
			all = append(all, u)
		}
		return nil
	})
	return all, err
}

// putUpload keeps what u is now; nil is none.
func putUpload(tx *bbolt.Tx, u *store.Upload) error {
	if u == nil {
		return nil
	}
	key := binary.BigEndian.AppendUint64(accountKey(u.Account), u.ID)
	if u.Done {
		return tx.Bucket(bucketUploads).Delete(key)
	}
	v, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketUploads).Put(key, v)
}
