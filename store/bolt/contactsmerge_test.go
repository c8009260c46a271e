package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Of what other nodes know, only what is later is stored; the phones of which they lack
// something are named.
func TestMergeContacts(t *testing.T) {
	var log bytes.Buffer
	c := openTestContacts(t, t.TempDir(), &log)
	at := func(second int, fetched int) store.Contact {
		contact := testContact
		contact.At = contact.At.Add(time.Duration(second) * time.Second)
		if fetched > 0 {
			contact.Fetched = store.Fetch{Name: "a", At: contact.At.Truncate(time.Second).Add(time.Duration(fetched) * time.Second), Owner: 7}
		}
		return contact
	}
	for i, step := range []struct {
		given, want store.Contact
		later       bool
	}{
		{given: at(1, 0), want: at(1, 0)},
		{given: at(1, 0), want: at(1, 0)},
		{given: at(0, 0), want: at(1, 0), later: true},
		{given: at(1, 2), want: at(1, 2)},
		{given: at(1, 0), want: at(1, 2), later: true},
		{given: at(5, 1), want: at(5, 1)},
	} {
		later, err := c.MergeContacts([]store.Contact{step.given})
		if err != nil || slices.Contains(later, testMAC) != step.later {
			t.Errorf("%d: later: %v, %v", i, later, err)
		}
		if got, err := c.Contact(testMAC); err != nil || got != step.want {
			t.Errorf("%d: %+v, %v", i, got, err)
		}
	}
	from := store.SourceOf(testContact.From)
	if known, err := c.Knows(testMAC, from); err != nil || !known {
		t.Errorf("the source is unknown, %v", err)
	}
	fetched := store.Contact{MAC: macaddr.MustParse("0004132202E5"), Owner: 7, Fetched: at(0, 1).Fetched}
	if _, err := c.MergeContacts([]store.Contact{fetched}); err != nil {
		t.Error(err)
	}
	if got, err := c.Contact(fetched.MAC); err != nil || got != fetched {
		t.Errorf("%+v, %v", got, err)
	}
}

// Merging what is known writes nothing.
func TestMergeKnown(t *testing.T) {
	var log bytes.Buffer
	c := openTestContacts(t, t.TempDir(), &log)
	written := func() (transaction int) {
		if err := c.view(func(tx *bbolt.Tx) error { transaction = tx.ID(); return nil }); err != nil {
			t.Fatal(err)
		}
		return transaction
	}
	if _, err := c.MergeContacts([]store.Contact{testContact}); err != nil {
		t.Fatal(err)
	}
	before := written()
	if _, err := c.MergeContacts([]store.Contact{testContact}); err != nil || written() != before {
		t.Errorf("something was written, %v", err)
	}
}

// Without a file, nothing counts as merged.
func TestMergeWithoutFile(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, contactsName), 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := openTestContacts(t, folder, &log)
	if _, err := c.MergeContacts([]store.Contact{testContact}); !errors.Is(err, errNoFile) {
		t.Error(err)
	}
}

// A contact for other nodes is what it was. That of a newer version is refused, and so is
// one with more than a phone can have reported.
func TestEncodeContact(t *testing.T) {
	v := EncodeContact(testContact)
	if got, err := DecodeContact(testMAC, v); err != nil || got != testContact {
		t.Errorf("%+v, %v", got, err)
	}
	long := append(v, strings.Repeat("1", maxContact)...)
	newer := append([]byte{contactsSchema + 1}, v[1:]...)
	for _, v := range [][]byte{newer, long, {}, {0}, {contactsSchema}} {
		if got, err := DecodeContact(testMAC, v); !errors.Is(err, errContact) {
			t.Errorf("% .40x: %+v, %v", v, got, err)
		}
	}
}
