package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
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
		b := mac.As6()
		v := tx.Bucket(bucketPhones).Get(b[:])
		if v == nil {
			return store.ErrNotFound
		}
		p, err := decodePhone(b[:], v)
		if err != nil {
			return err
		}
		var owner store.Account
		if p.URL.IsZero() { // saves the look-up for a phone with a URL of its own
			owner.SettingServer = getServer(tx, p.Owner)
		}
		url = p.SettingServer(owner)
		return nil
	})
	return url, err
}

// Phone returns what is known of mac: who has registered it, or for whom it is
// held. store.ErrNotFound where it is nobody's.
func (db *DB) Phone(mac macaddr.Addr) (p store.Phone, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		p, err = getPhone(tx, mac)
		if p = p.At(time.Now()); err == nil && p.Owner == 0 {
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

// CountPhones returns how many phones are registered. It takes the same time for
// ten as for ten million.
func (db *DB) CountPhones() (n int, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		n, err = phoneCount(tx)
		return err
	})
	return n, err
}

var keyPhones = []byte("phones")

// phoneCount reads the count, which is not there before the first phone is.
func phoneCount(tx *bbolt.Tx) (int, error) {
	v := tx.Bucket(bucketMeta).Get(keyPhones)
	if v == nil {
		return 0, nil
	}
	n, err := strconv.Atoi(string(v))
	if err != nil || n < 0 {
		return 0, errors.New("bolt: the count of phones is damaged")
	}
	return n, nil
}

// countPhones changes the count by more, or less.
func countPhones(tx *bbolt.Tx, more int) error {
	if more == 0 {
		return nil
	}
	n, err := phoneCount(tx)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keyPhones, strconv.AppendInt(nil, int64(n+more), 10))
}

// getPhone returns the zero Phone where mac is neither registered nor held. The
// hold may be over.
func getPhone(tx *bbolt.Tx, mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	if v := tx.Bucket(bucketPhones).Get(b[:]); v != nil {
		return decodePhone(b[:], v)
	}
	return getHold(tx, mac)
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
	if err != nil {
		return store.Phone{}, errRecord
	}
	owner, registered, url, err := decodeOwner(v)
	return store.Phone{MAC: addr, Owner: owner, URL: store.RestoreURL(string(url)), Registered: registered}, err
}

// decodeOwner reads an account and a second, and returns what follows.
func decodeOwner(v []byte) (owner store.AccountID, second time.Time, rest []byte, err error) {
	id, n := binary.Uvarint(v)
	if n <= 0 || id == 0 || id > math.MaxUint32 {
		return 0, second, nil, errRecord
	}
	seconds, m := binary.Varint(v[n:])
	if m <= 0 {
		return 0, second, nil, errRecord
	}
	return store.AccountID(id), time.Unix(seconds, 0).UTC(), v[n+m:], nil
}
