package bolt

import (
	"bytes"
	"errors"
	"strconv"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

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
		rec, err := decodeRecord(v)
		if err != nil {
			return err
		}
		p := store.Phone{URL: store.RestoreURL(string(rec.url))} // without a copy of its note
		r.Owner = rec.owner
		if db.phonesDisabled(r.Owner) {
			return store.ErrPhonesDisabled
		}
		var owner store.Account
		if p.URL.IsZero() { // saves the look-up for a phone with a URL of its own
			owner.SettingServer = getServer(tx, r.Owner)
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

// PhonesOf returns those of some MACs that are registered or on hold, in the order of the
// MACs. That takes a part of the time of a call of Phone for each.
func (db *DB) PhonesOf(macs []macaddr.Addr) (found []store.Phone, err error) {
	now := db.clock.now()
	err = db.b.View(func(tx *bbolt.Tx) error {
		found = found[:0]
		all := newPhoneReader(tx)
		for _, mac := range macs {
			p, err := all.get(mac)
			if err != nil {
				return err
			}
			if p = p.At(now); p.Owner != 0 {
				found = append(found, p)
			}
		}
		return nil
	})
	return found, err
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
	return newPhoneReader(tx).get(mac)
}

// A phoneReader is getPhone for many phones: it looks for the buckets once. Nothing may be
// written while it is used.
type phoneReader struct{ registered, held *bbolt.Cursor }

func newPhoneReader(tx *bbolt.Tx) phoneReader {
	return phoneReader{tx.Bucket(bucketPhones).Cursor(), tx.Bucket(bucketHolds).Cursor()}
}

func (r phoneReader) get(mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	if k, v := r.registered.Seek(b[:]); bytes.Equal(k, b[:]) {
		return decodePhone(k, v)
	}
	if k, v := r.held.Seek(b[:]); bytes.Equal(k, b[:]) {
		return decodeHold(k, v)
	}
	return store.Phone{}, nil
}
