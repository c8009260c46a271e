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

// Redirection returns the owner of a phone and its setting server: its own URL or, if
// it has none, its owner's, even if that account is disabled. The error is
// store.ErrNotFound if the phone is not registered, and store.ErrPhonesDisabled,
// without a URL, if its owner is disabled with its phones. Redirection writes nothing
// and waits for no writer.
func (db *DB) Redirection(mac macaddr.Addr) (r store.Redirection, err error) {
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
		r.Owner = p.Owner
		if db.phonesDisabled(p.Owner) {
			return store.ErrPhonesDisabled
		}
		var owner store.Account
		if p.URL.IsZero() { // saves the look-up for a phone with a URL of its own
			owner.SettingServer = getServer(tx, p.Owner)
		}
		r.URL = p.SettingServer(owner)
		return nil
	})
	return r, err
}

// Phone returns a phone that is registered or on hold. The error is
// store.ErrNotFound if it is neither.
func (db *DB) Phone(mac macaddr.Addr) (p store.Phone, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		p, err = getPhone(tx, mac)
		if p = p.At(db.clock.now()); err == nil && p.Owner == 0 {
			return store.ErrNotFound
		}
		return err
	})
	return p, err
}

// Phones returns, sorted by MAC, up to n phones of owner, or of all accounts if
// owner is 0, starting after the MAC after; the zero Addr starts at the beginning.
// Fewer than n phones are the last page. Pages are read separately, so a later
// page may show a change made in between.
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
				if page, err = nextPhone(page, n, after, k, v); err != nil {
					return err
				}
			}
			return nil
		}
		prefix, from := accountKey(owner), ownedKey(owner, after)
		c, phones := tx.Bucket(bucketOwned).Cursor(), records{c: tx.Bucket(bucketPhones).Cursor()}
		k, _ := c.Seek(from)
		if bytes.Equal(k, from) {
			k, _ = c.Next()
		}
		for ; bytes.HasPrefix(k, prefix) && len(page) < n; k, _ = c.Next() {
			mac := k[len(prefix):]
			if page, err = nextPhone(page, n, after, mac, phones.get(mac)); err != nil {
				return err
			}
		}
		return nil
	})
	return page, err
}

// records reads the records of ascending MACs. An account's phones are often neighbours:
// then the next record is that of the next MAC, and none is searched for.
type records struct {
	c       *bbolt.Cursor
	k, v    []byte
	started bool
}

// get returns the record of a MAC, or nil.
func (r *records) get(mac []byte) []byte {
	if r.started {
		r.k, r.v = r.c.Next()
	}
	if !r.started || !bytes.Equal(r.k, mac) {
		r.k, r.v = r.c.Seek(mac)
		r.started = true
	}
	if !bytes.Equal(r.k, mac) {
		return nil
	}
	return r.v
}

// nextPhone appends the phone that is stored as mac and v to a page of up to n phones
// that starts after the MAC after. In a damaged database, pages that form a circle would be read without
// end: MACs that don't ascend are an error.
func nextPhone(page []store.Phone, n int, after macaddr.Addr, mac, v []byte) ([]store.Phone, error) {
	p, err := decodePhone(mac, v)
	if err != nil {
		return nil, err
	}
	if len(page) > 0 {
		after = page[len(page)-1].MAC
	}
	if after.Compare(p.MAC) >= 0 {
		return nil, damagedError{errors.New("its phones are not in order")}
	}
	if page == nil {
		page = make([]store.Phone, 0, min(n, 1000))
	}
	return append(page, p), nil
}

// CountPhones returns the number of registered phones. It reads a stored count,
// so it takes the same time for ten phones as for ten million.
func (db *DB) CountPhones() (n int, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		n, err = phoneCount(tx)
		return err
	})
	return n, err
}

var keyPhones = []byte("phones")

// phoneCount reads the count, which is not stored until the first phone is.
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

// countPhones adds more, which may be negative, to the count.
func countPhones(tx *writeTx, more int) error {
	if more == 0 {
		return nil
	}
	n, err := phoneCount(tx.Tx)
	if err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(keyPhones, strconv.AppendInt(nil, int64(n+more), 10))
}

// getPhone returns the zero Phone if mac is neither registered nor on hold. It may
// return an expired hold.
func getPhone(tx *bbolt.Tx, mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	if v := tx.Bucket(bucketPhones).Get(b[:]); v != nil {
		return decodePhone(b[:], v)
	}
	return getHold(tx, mac)
}

// retaken is a byte with which no URL begins.
const retaken = 1

// appendPhone appends a phone's record: its owner and the second of its
// registration, both as varints, a byte if it was retaken, then its own URL, if any.
func appendPhone(b []byte, p store.Phone) []byte {
	b = binary.AppendUvarint(b, uint64(p.Owner))
	b = binary.AppendVarint(b, p.Registered.Unix())
	if p.Retaken {
		b = append(b, retaken)
	}
	return append(b, p.URL.String()...)
}

// decodePhone decodes a record. The result does not refer to the transaction's
// memory.
func decodePhone(mac, v []byte) (store.Phone, error) {
	if len(mac) != 6 {
		return store.Phone{}, errRecord
	}
	addr, err := macaddr.From6([6]byte(mac))
	if err != nil {
		return store.Phone{}, errRecord
	}
	owner, registered, url, err := decodeOwner(v)
	p := store.Phone{MAC: addr, Owner: owner, Registered: registered}
	if p.Retaken = len(url) > 0 && url[0] == retaken; p.Retaken {
		url = url[1:]
	}
	p.URL = store.RestoreURL(string(url))
	return p, err
}

// decodeOwner reads an account ID and a time in seconds, and returns the rest.
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
