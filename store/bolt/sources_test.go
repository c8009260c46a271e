package bolt

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// knows checks whether a source of a phone is stored.
func knows(t *testing.T, c *Contacts, mac macaddr.Addr, from string, want bool) {
	t.Helper()
	if got, err := c.Knows(mac, store.SourceOf(netip.MustParseAddr(from))); err != nil || got != want {
		t.Errorf("%v from %s: %v, %v; want %v", mac, from, got, err, want)
	}
}

// The latest four sources of a phone are stored.
func TestSources(t *testing.T) {
	folder := t.TempDir()
	c := openTestContacts(t, folder, &bytes.Buffer{})
	other := macaddr.MustParse("0004132202E5")
	put := func(mac macaddr.Addr, from string, at time.Duration) {
		t.Helper()
		contact := testContact
		contact.MAC, contact.From, contact.At = mac, netip.MustParseAddr(from), testContact.At.Add(at)
		if err := c.PutContacts([]store.Contact{contact}); err != nil {
			t.Fatal(err)
		}
	}
	put(other, "192.0.2.1", 0)
	for n := range 4 {
		put(testMAC, fmt.Sprintf("192.0.2.%d", n+1), time.Duration(n)*time.Minute)
	}
	put(testMAC, "2001:db8::1", 2*time.Hour)
	for n, want := range map[int]bool{1: false, 2: true, 3: true, 4: true} {
		knows(t, c, testMAC, fmt.Sprintf("192.0.2.%d", n), want)
	}
	put(testMAC, "192.0.2.2", 3*time.Hour) // now the latest
	put(testMAC, "192.0.2.9", 4*time.Hour)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = openTestContacts(t, folder, &bytes.Buffer{})
	for from, want := range map[string]bool{"192.0.2.2": true, "192.0.2.3": false, "192.0.2.4": true, "2001:db8:0:9::1": true, "192.0.2.9": true} {
		knows(t, c, testMAC, from, want)
	}
	knows(t, c, other, "192.0.2.1", true)
	knows(t, c, other, "192.0.2.9", false)
}
