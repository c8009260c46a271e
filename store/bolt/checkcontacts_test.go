package bolt

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestCheckContacts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	c, err := OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	e5 := macaddr.MustParse("0004132202E5")
	contact := store.Contact{MAC: testMAC, At: time.Now(), From: netip.MustParseAddr("192.0.2.1"), Answer: store.Redirected}
	other := contact
	other.MAC = e5
	if err := c.PutContacts([]store.Contact{contact, other}); err != nil {
		t.Fatal(err)
	}
	if err := c.PutKnownHosts([]store.KnownHost{{Account: 1, Host: netip.MustParsePrefix("192.0.2.1/32"), At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if err := c.PutLogins([]store.Login{{Account: 1, At: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckContacts(ContactsFile(folder)); err == nil {
		t.Error("contacts in use were checked")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	check := func(contacts int, want ...string) {
		t.Helper()
		r, err := CheckContacts(ContactsFile(folder))
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(r.Problems)); err != nil || r.Contacts != contacts || !slices.Equal(got, want) {
			t.Errorf("%d contacts, problems %q, want %q; %v", r.Contacts, got, want, err)
		}
	}
	check(2)
	alter(t, ContactsFile(folder), func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(bucketKnownHosts).Cursor().First()
		source := sourceKey(e5, store.SourceOf(other.From))
		for _, damage := range []error{
			tx.Bucket(bucketKnownHosts).Put(slices.Clone(k), []byte{0x80}),
			tx.Bucket(bucketLogins).Put(binary.BigEndian.AppendUint64(nil, 1), []byte{0x80}),
			tx.Bucket(bucketSources).Put(source, []byte{0x80}),
			tx.Bucket(bucketContacts).Put(sourceKey(testMAC, 0)[:6], []byte{0}),
			tx.Bucket(bucketContacts).Delete(source[:6]),
		} {
			if damage != nil {
				return damage
			}
		}
		return nil
	})
	check(1, "the contact of phone 0004132202E4 is damaged", "the time of a source of phone 0004132202E5 is damaged",
		"phone 0004132202E5 has a source and no contact", "the record of an address of logins is damaged", "the record of a last login is damaged")
	alter(t, ContactsFile(folder), func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketSources) })
	check(1, "a bucket of the contacts is missing", "the contact of phone 0004132202E4 is damaged", "the record of an address of logins is damaged", "the record of a last login is damaged")
}
