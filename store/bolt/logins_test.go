package bolt

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// Last logins outlast the end of the program. Each put replaces those before it.
func TestLogins(t *testing.T) {
	folder := t.TempDir()
	at := time.Date(2026, 11, 25, 13, 30, 9, 0, time.UTC)
	two := []store.Login{
		{Account: 1, From: netip.MustParseAddr("2001:db8::1"), At: at},
		{Account: 300, From: netip.MustParseAddr("192.0.2.1"), At: at.Add(time.Hour)},
	}
	for _, want := range [][]store.Login{two, two[1:], nil} {
		c := openContactsIn(t, folder)
		if err := c.PutLogins(want); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		c = openContactsIn(t, folder)
		if got, err := c.Logins(); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A file of a version without logins keeps what it has.
func TestFileWithoutLogins(t *testing.T) {
	folder := t.TempDir()
	c := openContactsIn(t, folder)
	hosts := []store.KnownHost{{Account: 1, Host: netip.MustParsePrefix("192.0.2.1/32"), At: time.Unix(0, 0).UTC()}}
	if err := c.PutKnownHosts(hosts); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, filepath.Join(folder, contactsName), func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketLogins) })
	c = openContactsIn(t, folder)
	defer c.Close()
	if got, err := c.KnownHosts(); err != nil || !slices.Equal(got, hosts) {
		t.Errorf("known hosts: %v, %v", got, err)
	}
	if got, err := c.Logins(); err != nil || got != nil {
		t.Errorf("logins: %v, %v", got, err)
	}
}

func openContactsIn(t *testing.T, folder string) *Contacts {
	t.Helper()
	c, err := OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func FuzzDecodeLogin(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("\x80\x01\xc0\x00\x02\x01"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("\x02"))
	f.Add([]byte(""), []byte(""))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		l, err := decodeLogin(key, value)
		if err != nil {
			return
		}
		again, err := decodeLogin(key, append(binary.AppendVarint(nil, l.At.UnixMilli()), l.From.AsSlice()...))
		if err != nil || again != l {
			t.Errorf("%q, %q: %+v, and again %+v, %v", key, value, l, again, err)
		}
	})
}
