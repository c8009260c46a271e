package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// MergeContacts stores in one transaction what is later than what is stored: see
// [store.Contact.Latest]. It returns the phones of which something later is stored than given.
// If nothing is new, it writes nothing.
func (c *Contacts) MergeContacts(batch []store.Contact) (later []macaddr.Addr, err error) {
	var news []store.Contact
	err = c.do(func(b *file) error { // not view: without a file, nothing is merged
		return b.View(func(tx *bbolt.Tx) error {
			later, news = nil, nil
			for _, given := range batch {
				stored := storedContact(tx, given.MAC)
				if given.Latest(stored) != given {
					later = append(later, given.MAC)
				}
				if stored.Latest(given) != stored {
					news = append(news, given)
				}
			}
			return nil
		})
	})
	if err != nil || len(news) == 0 {
		return later, err
	}
	return later, c.update(func(tx *bbolt.Tx) error {
		for _, given := range news {
			mac := given.MAC.As6()
			latest := storedContact(tx, given.MAC).Latest(given)
			if err := tx.Bucket(bucketContacts).Put(mac[:], appendContact(nil, latest)); err != nil {
				return err
			}
			if given.Answer == 0 {
				continue
			}
			if err := putSource(tx, given); err != nil {
				return err
			}
		}
		return nil
	})
}

// storedContact returns the stored contact of a phone. If there is none, or it is damaged, it
// is the zero Contact.
func storedContact(tx *bbolt.Tx, mac macaddr.Addr) store.Contact {
	key := mac.As6()
	v := tx.Bucket(bucketContacts).Get(key[:])
	if v == nil {
		return store.Contact{}
	}
	contact, err := decodeContact(mac, v)
	if err != nil {
		return store.Contact{}
	}
	return contact
}

// EncodeContact returns a contact's record for other nodes, preceded by a byte with its
// schema. It does not contain the MAC.
func EncodeContact(c store.Contact) []byte { return appendContact([]byte{contactsSchema}, c) }

// maxContact bounds a contact's record, in bytes: the longest that EncodeContact returns of
// what phones sent has some 250.
const maxContact = 1 << 10

// DecodeContact decodes what EncodeContact returned, in this version of the program or an
// earlier one. Longer records than any of those are damaged, so that they take no disk.
func DecodeContact(mac macaddr.Addr, v []byte) (store.Contact, error) {
	if len(v) == 0 || v[0] == 0 || len(v) > maxContact {
		return store.Contact{}, errContact
	}
	if v[0] > contactsSchema {
		return store.Contact{}, fmt.Errorf("%w: schema %d; this version reads schema %d", errContact, v[0], contactsSchema)
	}
	return decodeContact(mac, v[1:])
}
