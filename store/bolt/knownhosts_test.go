package bolt

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"snomredirect/store"
)

// Known hosts outlast the end of the program. Each put replaces the last.
func TestKnownHosts(t *testing.T) {
	folder := t.TempDir()
	at := time.Date(2026, 11, 25, 13, 30, 9, 0, time.UTC)
	one := []store.KnownHost{
		{Account: 1, Host: netip.MustParsePrefix("2001:db8:1::/48"), At: at.Add(time.Second)},
		{Account: 1, Host: netip.MustParsePrefix("192.0.2.1/32"), At: at},
		{Account: 2, Host: netip.MustParsePrefix("192.0.2.1/32"), At: at.Add(time.Hour)},
	}
	for _, want := range [][]store.KnownHost{one, one[1:2], nil} {
		c, err := OpenContacts(folder, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.PutKnownHosts(want); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if c, err = OpenContacts(folder, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.KnownHosts(); err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzDecodeKnownHost(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01\xc0\x00\x02\x01"), []byte("\x40\x80\x01"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x01"), []byte(""))
	f.Add([]byte(""), []byte("\x40"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if k, err := decodeKnownHost(key, value); err == nil && !k.Host.IsValid() {
			t.Errorf("%q, %q: %+v", key, value, k)
		}
	})
}
