package bolt

import (
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
)

// A ContactsReport is what CheckContacts found.
type ContactsReport struct {
	Schema   int
	Size     int64 // of the file in bytes
	Contacts int   // phones with a stored contact
	Findings
}

// CheckContacts checks a contacts file as Check does a database. The errors are the
// same. Its problems are not serious: [OpenContacts] sets a file aside that can't be
// read, and the phones make new contacts.
func CheckContacts(name string) (r ContactsReport, err error) {
	r.Size, err = examine(name, &r.Findings, func(tx *bbolt.Tx) error {
		var err error
		if r.Schema, err = schemaIn(tx, contactsSchema); err == nil {
			checkContactRecords(tx, &r)
		}
		return err
	})
	return r, err
}

func checkContactRecords(tx *bbolt.Tx, r *ContactsReport) {
	c := newCheck(tx, &Report{Schema: r.Schema}, time.Now())
	if tx.Bucket(bucketContacts) == nil || r.Schema >= 2 && tx.Bucket(bucketSources) == nil {
		c.add("a bucket of the contacts is missing")
	}
	r.Contacts = c.each(bucketContacts, 6, func(k, v []byte) {
		addr, err := macaddr.From6([6]byte(k))
		if err == nil {
			_, err = decodeContact(addr, v)
		}
		if err != nil {
			c.add("the contact of phone %s is damaged", mac(k))
		}
	})
	c.each(bucketSources, 14, func(k, v []byte) {
		if _, n := binary.Varint(v); n <= 0 {
			c.add("the time of a source of phone %s is damaged", mac(k[:6]))
		}
		if !c.has(bucketContacts, k[:6]) {
			c.add("phone %s has a source and no contact", mac(k[:6]))
		}
	})
	c.each(bucketKnownHosts, 0, func(k, v []byte) {
		if _, err := decodeKnownHost(k, v); err != nil {
			c.add("the record of an address of logins is damaged")
		}
	})
	c.each(bucketLogins, 8, func(k, v []byte) {
		if _, err := decodeLogin(k, v); err != nil {
			c.add("the record of a last login is damaged")
		}
	})
	r.Findings = c.Findings
}
