package bolt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

var testFetch = store.Fetch{Name: "360/a.xml", Version: time.Unix(1_700_000_000, 0).UTC(), At: time.Unix(1_700_000_100, 0).UTC(), Owner: 7}

// A fetched file changes only that part of a contact, and a request only the rest.
func TestFetchesOfContacts(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	c := openTestContacts(t, folder, &log)
	fetches := func(f store.Fetch) store.Contact { return store.Contact{MAC: testMAC, Owner: 7, Fetched: f} }
	step := func(put, want store.Contact) {
		t.Helper()
		if err := c.PutContacts([]store.Contact{put}); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Contact(testMAC); err != nil || got != want {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
	}
	step(fetches(testFetch), fetches(testFetch))
	if n := recordsIn(t, c, bucketSources); n != 0 {
		t.Errorf("%d sources of a file", n)
	}
	whole := testContact
	whole.Fetched = testFetch
	step(testContact, whole)
	refused := store.Fetch{Name: "b.xml", At: testFetch.At.Add(time.Hour), Refused: true, Owner: 7}
	whole.Fetched = refused
	step(fetches(refused), whole)
	if n := recordsIn(t, c, bucketSources); n != 1 {
		t.Errorf("%d sources", n)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := CheckContacts(ContactsFile(folder)); err != nil || r.Found > 0 || r.Schema != 4 {
		t.Errorf("%+v, %v", r, err)
	}
	c = openTestContacts(t, folder, &log)
	if got, err := c.Contact(testMAC); err != nil || got != whole {
		t.Errorf("%+v, %v\nwant %+v", got, err, whole)
	}
}

func recordsIn(t *testing.T, c *Contacts, bucket []byte) (n int) {
	t.Helper()
	err := c.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, _ []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Contacts of schema 3 have fetched nothing, and are read as they are.
func TestContactsOfSchema3(t *testing.T) {
	record, err := hex.DecodeString("9107f6a1abfef962" + "44c0000207" + "07" + hex.EncodeToString([]byte("snom3607.3.14")))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var log bytes.Buffer
	c := openTestContacts(t, folder, &log)
	mac := testMAC.As6()
	err = c.update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.Bucket(bucketContacts).Put(mac[:], record), putSchema(tx, 3))
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	c = openTestContacts(t, folder, &log)
	want := testContact
	want.Proven, want.Protocol = true, store.HTTP
	if got, err := c.Contact(testMAC); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	if n, err := schema(c.b); err != nil || n != contactsSchema || log.Len() > 0 {
		t.Errorf("schema %d, %v, %s", n, err, &log)
	}
}

// What is decoded from any bytes is encoded and decoded as the same.
func FuzzContact(f *testing.F) {
	whole := testContact
	whole.Fetched = testFetch
	for _, c := range []store.Contact{testContact, whole, {MAC: testMAC, Fetched: testFetch}} {
		f.Add(appendContact(nil, c))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		c, err := decodeContact(testMAC, v)
		if err != nil {
			return
		}
		again, err := decodeContact(testMAC, appendContact(nil, c))
		if c.Fetched == (store.Fetch{}) && c.Answer == 0 { // a record of a fetch of nothing
			return
		}
		if err != nil || again != c {
			t.Errorf("%+v became %+v, %v", c, again, err)
		}
	})
}
