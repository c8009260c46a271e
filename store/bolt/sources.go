package bolt

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// bucketSources is in the contacts file. Its keys are pairs, so that a look-up of one
// takes the same time whether the phone has other sources or not.
var bucketSources = []byte("sources") // MAC, source → milliseconds since 1970 as a varint

// sourceAge is how old the time of a stored source can be before it is replaced:
// storing that a phone boots again costs less than storing a new source.
const sourceAge = time.Hour

func sourceKey(mac macaddr.Addr, source store.Source) []byte {
	b := mac.As6()
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 14), b[:]...), uint64(source))
}

// putSource stores the source of a contact, and deletes the phone's oldest ones beyond
// store.MaxSources.
func putSource(tx *bbolt.Tx, contact store.Contact) error {
	b, key := tx.Bucket(bucketSources), sourceKey(contact.MAC, store.SourceOf(contact.From))
	if v := b.Get(key); v != nil && contact.At.Sub(sourceTime(v)).Abs() < sourceAge {
		return nil
	}
	if err := b.Put(key, binary.AppendVarint(nil, contact.At.UnixMilli())); err != nil {
		return err
	}
	var oldest []byte
	var since time.Time
	n, c := 0, b.Cursor()
	for k, v := c.Seek(key[:6]); bytes.HasPrefix(k, key[:6]); k, v = c.Next() {
		n++
		if at := sourceTime(v); !bytes.Equal(k, key) && (oldest == nil || at.Before(since)) {
			oldest, since = bytes.Clone(k), at
		}
	}
	if n <= store.MaxSources {
		return nil
	}
	return b.Delete(oldest)
}

// sourceTime returns the time of a source. A damaged one is the oldest.
func sourceTime(v []byte) time.Time {
	at, _ := binary.Varint(v)
	return time.UnixMilli(at)
}

// Knows reports whether a contact of a phone from a source was put. Only the latest
// sources of each phone are stored.
func (c *Contacts) Knows(mac macaddr.Addr, source store.Source) (known bool, err error) {
	err = c.view(func(tx *bbolt.Tx) error {
		known = tx.Bucket(bucketSources).Get(sourceKey(mac, source)) != nil
		return nil
	})
	return known, err
}

// Phones returns, sorted by MAC, up to n phones with a stored contact, starting after a
// MAC. Fewer than n are the last.
func (c *Contacts) Phones(after macaddr.Addr, n int) (page []macaddr.Addr, err error) {
	err = c.view(func(tx *bbolt.Tx) error {
		from := after.As6()
		cursor := tx.Bucket(bucketContacts).Cursor()
		k, _ := cursor.Seek(from[:])
		if bytes.Equal(k, from[:]) {
			k, _ = cursor.Next()
		}
		for ; k != nil && len(page) < n; k, _ = cursor.Next() {
			if len(k) != 6 {
				return errContact
			}
			mac, err := macaddr.From6([6]byte(k))
			if err != nil {
				return errContact
			}
			page = append(page, mac)
		}
		return nil
	})
	return page, err
}

// DeleteContacts deletes the contacts of phones and their sources.
func (c *Contacts) DeleteContacts(macs []macaddr.Addr) error {
	return c.update(func(tx *bbolt.Tx) error {
		for _, mac := range macs {
			key := mac.As6()
			if err := tx.Bucket(bucketContacts).Delete(key[:]); err != nil {
				return err
			}
			sources := tx.Bucket(bucketSources).Cursor()
			for k, _ := sources.Seek(key[:]); bytes.HasPrefix(k, key[:]); k, _ = sources.Seek(key[:]) {
				if err := sources.Delete(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// cutOwner returns the owner at the beginning of what follows a contact's bits, if the
// bits say that there is one, and the rest.
func cutOwner(bits byte, v []byte) (owner store.AccountID, rest []byte, ok bool) {
	if bits&contactOwned == 0 {
		return 0, v, true
	}
	id, n := binary.Uvarint(v)
	if n <= 0 || id == 0 || id > math.MaxUint32 {
		return 0, nil, false
	}
	return store.AccountID(id), v[n:], true
}

// maxConverted is how many contacts are converted in one transaction.
const maxConverted = 50_000

// addSources converts a file of schema 1: the last contacts are the first sources. If
// it is interrupted, it begins again at the next start.
func addSources(b database) error {
	var last []byte
	for done := false; !done; {
		err := b.Update(func(tx *bbolt.Tx) error {
			if err := makeBuckets(tx, [][]byte{bucketSources}); err != nil {
				return err
			}
			c := tx.Bucket(bucketContacts).Cursor()
			k, v := c.Seek(last)
			if last == nil {
				k, v = c.First()
			} else if bytes.Equal(k, last) {
				k, v = c.Next()
			}
			n := 0
			for ; k != nil && n < maxConverted; k, v = c.Next() {
				n, last = n+1, bytes.Clone(k)
				if err := putSourceOf(tx, k, v); err != nil {
					return err
				}
			}
			if done = k == nil; done {
				return putSchema(tx, contactsSchema)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putSourceOf stores the source of a contact's record, unless that is damaged.
func putSourceOf(tx *bbolt.Tx, k, v []byte) error {
	if len(k) != 6 {
		return nil
	}
	mac, err := macaddr.From6([6]byte(k))
	if err != nil {
		return nil
	}
	contact, err := decodeContact(mac, v)
	if err != nil {
		return nil
	}
	return putSource(tx, contact)
}
