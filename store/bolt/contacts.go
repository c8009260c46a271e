package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// contactsName is the name of a file of its own in the data folder, so that no
// change waits for contacts to be written, and a backup need not hold them.
const contactsName = "contacts.db"

// contactsSchema is the schema of contacts that this program reads and writes.
// There are no migrations: contacts come again.
const contactsSchema = 1

var bucketContacts = []byte("contacts") // MAC → what was last heard, see appendContact

var errContact = errors.New("bolt: a contact's record is damaged")

// Contacts keeps what was last heard of phones. Its methods may be called at
// the same time.
type Contacts struct{ b *bbolt.DB }

// OpenContacts opens the file of contacts in the data folder, which [Open] has
// made. Nothing in it is worth keeping phones waiting: a file that can't be
// read, or is of another version, is set aside as contacts.db.damaged, told in
// log, and a new one made.
func OpenContacts(folder string, log *slog.Logger) (*Contacts, error) {
	file := filepath.Join(folder, contactsName)
	c, err := openContacts(file)
	var unreadable unreadableError
	if errors.As(err, &unreadable) {
		aside := file + ".damaged"
		log.Warn("contacts can't be read: set aside, begun anew", "file", aside, "error", unreadable.error)
		if err := os.Rename(file, aside); err != nil {
			return nil, err
		}
		c, err = openContacts(file)
	}
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w", file, ErrInUse)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := syncFolder(folder); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// An unreadableError is of a file that holds no contacts of ours.
type unreadableError struct{ error }

func openContacts(file string) (*Contacts, error) {
	// bbolt reads both of its first two pages, be they there or not.
	if info, err := os.Stat(file); err == nil && 0 < info.Size() && info.Size() < int64(2*os.Getpagesize()) {
		return nil, unreadableError{errors.New("cut off")}
	}
	b, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, unreadableError{err}
	case err != nil:
		return nil, err
	}
	if err := prepareContacts(b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return &Contacts{b}, nil
}

// prepareContacts makes the buckets of a new file and refuses those of others.
func prepareContacts(b *bbolt.DB) error {
	found, err := schema(b)
	switch {
	case err != nil:
		return unreadableError{err}
	case found == 0:
		return b.Update(func(tx *bbolt.Tx) error {
			if err := makeBuckets(tx, [][]byte{bucketMeta, bucketContacts}); err != nil {
				return err
			}
			return putSchema(tx, contactsSchema)
		})
	case found != contactsSchema:
		return unreadableError{fmt.Errorf("of schema %d, where this snomredirect reads %d", found, contactsSchema)}
	}
	return b.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketContacts) == nil {
			return unreadableError{errors.New("not a file of contacts")}
		}
		return nil
	})
}

// Close waits for the transactions under way and closes the file.
func (c *Contacts) Close() error { return c.b.Close() }

// PutContacts keeps contacts, each in place of what there is of that phone, in
// one transaction, which is on disk when it returns. It is quickest where they
// come in the order of their MACs.
func (c *Contacts) PutContacts(batch []store.Contact) error {
	return c.b.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketContacts)
		for _, contact := range batch {
			mac := contact.MAC.As6()
			if err := bucket.Put(mac[:], appendContact(nil, contact)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Contact returns what was put last of a phone, or store.ErrNotFound.
func (c *Contacts) Contact(mac macaddr.Addr) (contact store.Contact, err error) {
	err = c.b.View(func(tx *bbolt.Tx) error {
		b := mac.As6()
		v := tx.Bucket(bucketContacts).Get(b[:])
		if v == nil {
			return store.ErrNotFound
		}
		contact, err = decodeContact(mac, v)
		return err
	})
	return contact, err
}

// The first byte of a record: the answer, and what its certificate and the
// User-Agent tell besides.
const (
	contactAnswer           = 0x43
	contactOtherMAC         = 0x04
	contactOtherModel       = 0x08
	contactProven           = 0x10
	contactOtherCertificate = 0x20
	contactWithheld         = 0x40 // an answer that came later
)

// appendContact appends a contact's record: a byte of bits, milliseconds since
// 1970 as a varint, the address and the model each behind a byte of its length,
// and the firmware.
func appendContact(b []byte, c store.Contact) []byte {
	bits := byte(c.Answer)
	if c.Answer == store.Withheld {
		bits = contactWithheld
	}
	tell := func(bit byte, is bool) {
		if is {
			bits |= bit
		}
	}
	tell(contactOtherMAC, c.OtherMAC)
	tell(contactOtherModel, c.OtherModel)
	tell(contactProven, c.Proven)
	tell(contactOtherCertificate, c.OtherCertificate)
	from := c.From.AsSlice()
	model := c.Model[:min(len(c.Model), 0xFF)]
	b = append(b, bits)
	b = binary.AppendVarint(b, c.At.UnixMilli())
	b = append(append(b, byte(len(from))), from...)
	b = append(append(b, byte(len(model))), model...)
	return append(b, c.Firmware...)
}

// decodeContact copies what it returns out of the transaction.
func decodeContact(mac macaddr.Addr, v []byte) (store.Contact, error) {
	if len(v) == 0 {
		return store.Contact{}, errContact
	}
	bits, v := v[0], v[1:]
	at, n := binary.Varint(v)
	if n <= 0 {
		return store.Contact{}, errContact
	}
	from, v, ok := cutCounted(v[n:])
	if !ok {
		return store.Contact{}, errContact
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
	default:
		return store.Contact{}, errContact
	}
	return store.Contact{
		MAC:              mac,
		At:               time.UnixMilli(at).UTC(),
		From:             address,
		Model:            string(model),
		Firmware:         string(firmware),
		Answer:           answer,
		Proven:           bits&contactProven != 0,
		OtherCertificate: bits&contactOtherCertificate != 0,
		OtherMAC:         bits&contactOtherMAC != 0,
		OtherModel:       bits&contactOtherModel != 0,
	}, nil
}

// cutCounted returns the bytes behind a byte of their number, and what follows.
func cutCounted(v []byte) (counted, rest []byte, ok bool) {
	if len(v) == 0 || len(v)-1 < int(v[0]) {
		return nil, nil, false
	}
	n := 1 + int(v[0])
	return v[1:n], v[n:], true
}

// isVisible reports whether b is printable ASCII, as contacts are.
func isVisible(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
