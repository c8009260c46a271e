package bolt

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// contactsName is the name of the contacts file in the data folder. It is a file
// of its own so that no change waits for contacts to be written, and a backup
// need not contain them.
const contactsName = "contacts.db"

// contactsSchema is the schema of contacts that this program reads and writes.
// It also reads schema 1, which has no sources, 2, whose contacts have no protocol, and 3,
// whose contacts have no fetched files.
const contactsSchema = 4

var bucketContacts = []byte("contacts") // MAC → last contact: see appendContact

var errContact = errors.New("bolt: a contact's record is damaged")

// PutContacts stores contacts in one transaction, each over the stored contact of its
// phone (see [store.Contact.Over]), and the sources of those with an Answer. They are on disk when it returns. It is
// fastest if they are sorted by MAC.
func (c *Contacts) PutContacts(batch []store.Contact) error {
	return c.update(func(tx *bbolt.Tx) error {
		for _, contact := range batch {
			mac := contact.MAC.As6()
			whole := contact.Over(storedContact(tx, contact.MAC))
			err := tx.Bucket(bucketContacts).Put(mac[:], appendContact(nil, whole))
			if contact.Answer != 0 {
				err = errors.Join(err, putSource(tx, contact))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Contact returns the contact that was last put for a phone, or
// store.ErrNotFound.
func (c *Contacts) Contact(mac macaddr.Addr) (contact store.Contact, err error) {
	err = c.view(func(tx *bbolt.Tx) error {
		b := mac.As6()
		v := tx.Bucket(bucketContacts).Get(b[:])
		if v == nil {
			return store.ErrNotFound
		}
		contact, err = decodeContact(mac, v)
		return err
	})
	if err == nil && !contact.MAC.IsValid() { // there is no file
		err = store.ErrNotFound
	}
	return contact, err
}

// The bits of a record's first byte: the answer, and the contact's other flags.
const (
	contactAnswer           = 0x43
	contactOtherMAC         = 0x04
	contactOtherModel       = 0x08
	contactProven           = 0x10
	contactOtherCertificate = 0x20
	contactWithheld         = 0x40 // outside contactAnswer: this answer was added later
	contactToDefault        = 0x41 // likewise
	contactOwned            = 0x80 // since schema 2: the owner follows
)

// The byte with the address's length, which is at most 16, also has the protocol, and
// whether a fetched file follows the address.
const (
	contactProtocol = 6
	contactFetched  = 0x20 // since schema 4
)

// appendContact appends a contact's record: a byte of bits, the owner as a varint if
// there is one, milliseconds since 1970 as a varint, the address and the model, each preceded by a byte with its
// length, and the firmware. What the phone has fetched precedes the model: see appendFetch.
func appendContact(b []byte, c store.Contact) []byte {
	bits := byte(c.Answer)
	switch c.Answer {
	case store.Withheld:
		bits = contactWithheld
	case store.ToDefault:
		bits = contactToDefault
	}
	set := func(bit byte, on bool) {
		if on {
			bits |= bit
		}
	}
	set(contactOtherMAC, c.OtherMAC)
	set(contactOtherModel, c.OtherModel)
	set(contactProven, c.Proven)
	set(contactOtherCertificate, c.OtherCertificate)
	from := c.From.AsSlice()
	model := c.Model[:min(len(c.Model), 0xFF)]
	set(contactOwned, c.Owner != 0)
	b = append(b, bits)
	if c.Owner != 0 {
		b = binary.AppendUvarint(b, uint64(c.Owner))
	}
	b = binary.AppendVarint(b, c.At.UnixMilli())
	length := byte(len(from)) | byte(c.Protocol)<<contactProtocol
	if c.Fetched == (store.Fetch{}) {
		b = append(append(b, length), from...)
	} else {
		b = appendFetch(append(append(b, length|contactFetched), from...), c.Fetched)
	}
	b = append(append(b, byte(len(model))), model...)
	return append(b, c.Firmware...)
}

// decodeContact decodes a record. The result does not refer to the transaction's
// memory.
func decodeContact(mac macaddr.Addr, v []byte) (store.Contact, error) {
	if len(v) == 0 {
		return store.Contact{}, errContact
	}
	bits, v := v[0], v[1:]
	owner, v, ok := cutOwner(bits, v)
	at, n := binary.Varint(v)
	if !ok || n <= 0 {
		return store.Contact{}, errContact
	}
	v = v[n:]
	if len(v) == 0 {
		return store.Contact{}, errContact
	}
	protocol, size := store.Protocol(v[0]>>contactProtocol), int(v[0]&(contactFetched-1))
	fetches := v[0]&contactFetched != 0
	from, v, ok := cutBytes(v[1:], size)
	if !ok {
		return store.Contact{}, errContact
	}
	var fetched store.Fetch
	if fetches {
		if fetched, v, ok = cutFetch(v); !ok {
			return store.Contact{}, errContact
		}
	}
	model, firmware, ok := cutCounted(v)
	address, isAddress := netip.AddrFromSlice(from)
	if !ok || !isAddress && len(from) > 0 || !isVisible(model) || !isVisible(firmware) {
		return store.Contact{}, errContact
	}
	answer := store.Answer(bits & contactAnswer)
	switch answer {
	case store.Redirected, store.Unregistered, store.Refused:
	case contactWithheld:
		answer = store.Withheld
	case contactToDefault:
		answer = store.ToDefault
	case 0: // it has only fetched files
		if !fetches {
			return store.Contact{}, errContact
		}
	default:
		return store.Contact{}, errContact
	}
	return store.Contact{
		MAC:              mac,
		At:               time.UnixMilli(at).UTC(),
		From:             address,
		Protocol:         protocol,
		Model:            string(model),
		Firmware:         string(firmware),
		Answer:           answer,
		Proven:           bits&contactProven != 0,
		OtherCertificate: bits&contactOtherCertificate != 0,
		OtherMAC:         bits&contactOtherMAC != 0,
		OtherModel:       bits&contactOtherModel != 0,
		Owner:            owner,
		Fetched:          fetched,
	}, nil
}

// cutCounted returns the bytes whose number is in the first byte, and the rest.
func cutCounted(v []byte) (counted, rest []byte, ok bool) {
	if len(v) == 0 {
		return nil, nil, false
	}
	return cutBytes(v[1:], int(v[0]))
}

// cutBytes returns the first n bytes, and the rest.
func cutBytes(v []byte, n int) (first, rest []byte, ok bool) {
	if len(v) < n {
		return nil, nil, false
	}
	return v[:n], v[n:], true
}

// isVisible reports whether b is printable ASCII, as text in a contact must be.
func isVisible(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
