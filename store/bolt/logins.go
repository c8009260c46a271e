package bolt

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// bucketLogins is in the contacts file: no login waits for a change to be written, and a
// backup need not contain it.
var bucketLogins = []byte("logins") // account id → milliseconds since 1970 as a varint, address

var errLogin = errors.New("bolt: a login's record is damaged")

// PutLogins replaces the stored last logins in one transaction. They are on disk when it
// returns.
func (c *Contacts) PutLogins(all []store.Login) error {
	return c.update(func(tx *bbolt.Tx) error {
		bucket, err := emptied(tx, bucketLogins)
		for _, l := range all {
			key := binary.BigEndian.AppendUint64(nil, uint64(l.Account))
			value := append(binary.AppendVarint(nil, l.At.UnixMilli()), l.From.AsSlice()...)
			if err == nil {
				err = bucket.Put(key, value)
			}
		}
		return err
	})
}

// Logins returns the last logins that were put last.
func (c *Contacts) Logins() (all []store.Login, err error) {
	err = c.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketLogins).ForEach(func(key, value []byte) error {
			l, err := decodeLogin(key, value)
			all = append(all, l)
			return err
		})
	})
	return all, err
}

// decodeLogin decodes a record. The result does not refer to the transaction's memory.
func decodeLogin(key, value []byte) (store.Login, error) {
	at, n := binary.Varint(value)
	if len(key) != 8 || n <= 0 {
		return store.Login{}, errLogin
	}
	from, ok := netip.AddrFromSlice(value[n:])
	if !ok && len(value) > n {
		return store.Login{}, errLogin
	}
	return store.Login{Account: store.AccountID(binary.BigEndian.Uint64(key)), From: from, At: time.UnixMilli(at).UTC()}, nil
}

// emptied returns a bucket, emptied.
func emptied(tx *bbolt.Tx, name []byte) (*bbolt.Bucket, error) {
	if err := tx.DeleteBucket(name); err != nil {
		return nil, err
	}
	return tx.CreateBucket(name)
}
