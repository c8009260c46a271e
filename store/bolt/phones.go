package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var errRecord = errors.New("bolt: a phone's record is damaged")

// SettingServer returns where a phone is to be sent: its own URL, or else its
// owner's, whether that account is disabled or not. store.ErrNotFound for a
// phone that nobody has registered. It writes nothing and waits for nobody.
func (db *DB) SettingServer(mac macaddr.Addr) (url store.URL, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		p, err := getPhone(tx, mac)
		switch {
		case err != nil:
			return err
		case p.Owner == 0:
			return store.ErrNotFound
		case p.URL.IsZero():
			p.URL = getServer(tx, p.Owner)
		}
		url = p.URL
		return nil
	})
	return url, err
}

// Phone returns what is registered of mac, or store.ErrNotFound.
func (db *DB) Phone(mac macaddr.Addr) (p store.Phone, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		p, err = getPhone(tx, mac)
		if err == nil && p.Owner == 0 {
			return store.ErrNotFound
		}
		return err
	})
	return p, err
}

// Phones returns, in MAC order, up to n of the phones of owner, or of all
// accounts where owner is 0, from behind after on: the zero Addr begins. Fewer
// than n are the last. Pages are read one by one, so a change in between may
// show in a later one.
func (db *DB) Phones(owner store.AccountID, after macaddr.Addr, n int) (page []store.Phone, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		b := after.As6()
		if owner == 0 {
			c := tx.Bucket(bucketPhones).Cursor()
			k, v := c.Seek(b[:])
			if bytes.Equal(k, b[:]) {
				k, v = c.Next()
			}
			for ; k != nil && len(page) < n; k, v = c.Next() {
				p, err := decodePhone(k, v)
				if err != nil {
					return err
				}
				page = append(page, p)
			}
			return nil
		}
		prefix, from := accountKey(owner), ownedKey(owner, after)
		c := tx.Bucket(bucketOwned).Cursor()
		k, _ := c.Seek(from)
		if bytes.Equal(k, from) {
			k, _ = c.Next()
		}
		for ; bytes.HasPrefix(k, prefix) && len(page) < n; k, _ = c.Next() {
			mac := k[len(prefix):]
			p, err := decodePhone(mac, tx.Bucket(bucketPhones).Get(mac))
			if err != nil {
				return err
			}
			page = append(page, p)
		}
		return nil
	})
	return page, err
}

// Register runs [store.Register] for the account and returns the phone as it is
// then. store.ErrNoAccount where there is no such account.
func (db *DB) Register(mac macaddr.Addr, owner store.AccountID, url store.URL) (next store.Phone, err error) {
	err = db.b.Update(func(tx *bbolt.Tx) error {
		account, err := getAccount(tx, owner)
		if err != nil {
			return err
		}
		prev, err := getPhone(tx, mac)
		if err != nil {
			return err
		}
		if next, err = store.Register(prev, mac, account, url, time.Now()); err != nil {
			return err
		}
		return putPhone(tx, next)
	})
	return next, err
}

// Deregister runs [store.Deregister] for the account and returns the phone as
// it was. store.ErrNoAccount where there is no such account.
func (db *DB) Deregister(mac macaddr.Addr, by store.AccountID) (prev store.Phone, err error) {
	err = db.b.Update(func(tx *bbolt.Tx) error {
		account, err := getAccount(tx, by)
		if err != nil {
			return err
		}
		if prev, err = getPhone(tx, mac); err != nil {
			return err
		}
		if err := store.Deregister(prev, account); err != nil {
			return err
		}
		b := mac.As6()
		return errors.Join(
			tx.Bucket(bucketPhones).Delete(b[:]),
			tx.Bucket(bucketOwned).Delete(ownedKey(prev.Owner, mac)))
	})
	return prev, err
}

// getPhone returns the zero Phone where nobody has registered mac.
func getPhone(tx *bbolt.Tx, mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	v := tx.Bucket(bucketPhones).Get(b[:])
	if v == nil {
		return store.Phone{}, nil
	}
	return decodePhone(b[:], v)
}

func putPhone(tx *bbolt.Tx, p store.Phone) error {
	b := p.MAC.As6()
	return errors.Join(
		tx.Bucket(bucketPhones).Put(b[:], appendPhone(nil, p)),
		tx.Bucket(bucketOwned).Put(ownedKey(p.Owner, p.MAC), nil))
}

// appendPhone appends a phone's record: its owner and the second it was
// registered in, both as varints, then the bytes of its own URL if it has one.
func appendPhone(b []byte, p store.Phone) []byte {
	b = binary.AppendUvarint(b, uint64(p.Owner))
	b = binary.AppendVarint(b, p.Registered.Unix())
	return append(b, p.URL.String()...)
}

// decodePhone copies what it returns out of the transaction.
func decodePhone(mac, v []byte) (store.Phone, error) {
	if len(mac) != 6 {
		return store.Phone{}, errRecord
	}
	addr, err := macaddr.From6([6]byte(mac))
	owner, n := binary.Uvarint(v)
	if err != nil || n <= 0 || owner == 0 || owner > 1<<32-1 {
		return store.Phone{}, errRecord
	}
	v = v[n:]
	registered, n := binary.Varint(v)
	if n <= 0 {
		return store.Phone{}, errRecord
	}
	return store.Phone{
		MAC:        addr,
		Owner:      store.AccountID(owner),
		URL:        store.RestoreURL(string(v[n:])),
		Registered: time.Unix(registered, 0).UTC(),
	}, nil
}
