package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
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

func openTestContacts(t testing.TB, folder string, log *bytes.Buffer) *Contacts {
	t.Helper()
	c, err := OpenContacts(folder, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var testContact = store.Contact{
	MAC: testMAC, At: time.UnixMilli(1_700_000_000_123).UTC(), From: netip.MustParseAddr("192.0.2.7"),
	Model: "snom360", Firmware: "7.3.14", Answer: store.Redirected, Owner: 7,
}

func TestContacts(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	c := openTestContacts(t, folder, &log)
	if got, err := c.Contact(testMAC); err != store.ErrNotFound {
		t.Errorf("%+v, %v", got, err)
	}
	bare := store.Contact{MAC: macaddr.MustParse("0004132202E5"), At: time.UnixMilli(0).UTC(), Answer: store.Refused}
	full := testContact
	full.MAC = macaddr.MustParse("0004132202E6")
	full.From, full.Protocol = netip.MustParseAddr("2001:db8::7"), store.PnP
	full.Model, full.Firmware = strings.Repeat("m", 32), strings.Repeat("1.", 16)
	full.OtherMAC, full.OtherModel, full.Proven, full.OtherCertificate = true, true, true, true
	batch := []store.Contact{testContact, bare, full}
	later := testContact
	later.At, later.OtherModel = later.At.Add(time.Second), true
	for _, batch := range [][]store.Contact{batch, nil, {later}} {
		if err := c.PutContacts(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = openTestContacts(t, folder, &log)
	for _, want := range []store.Contact{later, bare, full} {
		if got, err := c.Contact(want.MAC); err != nil || got != want {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(folder, contactsName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

func TestContactsInUse(t *testing.T) {
	folder := t.TempDir()
	openTestContacts(t, folder, &bytes.Buffer{})
	if second, err := OpenContacts(folder, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v, %v", second, err)
	}
}

// An unreadable file does not stop the service: it is renamed, with one warning.
func TestContactsUnreadable(t *testing.T) {
	bucket := func(name, schema string) func(string) error {
		return func(file string) error {
			b, err := bbolt.Open(file, 0o600, nil)
			if err != nil {
				return err
			}
			return errors.Join(b.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucket([]byte(name))
				if err != nil {
					return err
				}
				return bucket.Put(keySchema, []byte(schema))
			}), b.Close())
		}
	}
	text := func(size int) func(string) error {
		return func(file string) error {
			return os.WriteFile(file, bytes.Repeat([]byte("x"), size), 0o600)
		}
	}
	for name, c := range map[string]struct {
		write func(file string) error
		want  string
	}{
		"no database":       {text(50_000), "meta page is wrong"},
		"one page":          {text(os.Getpagesize()), "meta page is wrong"},
		"a byte":            {text(1), "meta page is wrong"},
		"another program's": {bucket("things", "1"), "no schema number"},
		"no contacts":       {bucket("meta", "1"), "not a contacts file"},
		"newer":             {bucket("meta", "5"), "schema 5; this version reads schema 4"},
		"invalid schema":    {bucket("meta", "x"), "no schema number"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, contactsName)
			if err := c.write(file); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file+".damaged", nil, 0o600); err != nil { // of an earlier start
				t.Fatal(err)
			}
			for _, lines := range []int{1, 0} { // only at the first start
				var log bytes.Buffer
				contacts := openTestContacts(t, folder, &log)
				if err := errors.Join(contacts.PutContacts([]store.Contact{testContact}), contacts.Close()); err != nil {
					t.Fatal(err)
				}
				if strings.Count(log.String(), "\n") != lines || strings.Count(log.String(), c.want) != lines {
					t.Errorf("log: %q, want %d lines with %q", log.String(), lines, c.want)
				}
				if after, err := os.ReadFile(file + ".damaged"); err != nil || !bytes.Equal(before, after) {
					t.Errorf("the renamed file is not the original: %v", err)
				}
			}
		})
	}
}

func TestDamagedContacts(t *testing.T) {
	c := openTestContacts(t, t.TempDir(), &bytes.Buffer{})
	good := appendContact(nil, testContact)
	for name, v := range map[string][]byte{
		"empty":       {},
		"no owner":    {0x81},
		"owner 0":     append([]byte{0x81, 0}, good[2:]...),
		"no time":     {1},
		"no address":  good[:8],
		"half of it":  good[:11],
		"no answer":   append([]byte{0}, good[1:]...),
		"two bytes":   slices.Concat(good[:8], []byte{2, 1, 1, 0}),
		"no model":    good[:13],
		"half a name": good[:15],
		"unprintable": append(slices.Clone(good), 0x1B),
	} {
		err := c.b.Update(func(tx *bbolt.Tx) error {
			b := testMAC.As6()
			return tx.Bucket(bucketContacts).Put(b[:], v)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Contact(testMAC); err != errContact {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if err := c.PutContacts([]store.Contact{testContact}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Contact(testMAC); err != nil || got != testContact {
		t.Errorf("after overwriting it: %+v, %v", got, err)
	}
}

// A file of schema 2 is kept, and not converted record by record: the present schema
// only adds the protocol, in bits that were zero.
func TestContactsOfSchema2(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	c := openTestContacts(t, folder, &log)
	const record = "\x81\x07\xF6\xA1\xAB\xFE\xF9\x62\x04\xC0\x00\x02\x07\x07snom3607.3.14" // testContact
	err := c.b.Update(func(tx *bbolt.Tx) error {
		mac := testMAC.As6()
		return errors.Join(tx.Bucket(bucketContacts).Put(mac[:], []byte(record)), putSchema(tx, 2))
	})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	c = openTestContacts(t, folder, &log)
	if got, err := c.Contact(testMAC); err != nil || got != testContact {
		t.Errorf("%+v, %v; want %+v", got, err, testContact)
	}
	if n, err := schema(c.b); n != contactsSchema || err != nil {
		t.Errorf("schema %d, %v", n, err)
	}
	knows(t, c, testMAC, "192.0.2.7", false)
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

// A file of schema 1, written out by hand, is converted: its contacts are kept, and
// their sources known.
func TestContactsOfSchema1(t *testing.T) {
	folder := t.TempDir()
	b, err := bbolt.Open(filepath.Join(folder, contactsName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		for name, records := range map[string]map[string]string{
			"meta": {"schema": "1"},
			"contacts": {
				"\x00\x04\x13\x22\x02\xE4": "\x01\xF6\xA1\xAB\xFE\xF9\x62\x04\xC0\x00\x02\x07\x07snom3607.3.14", // testMAC
				"\x00\x04\x13\x22\x02\xE5": "damaged",
			},
		} {
			bucket, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			for k, v := range records {
				if err := bucket.Put([]byte(k), []byte(v)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for range 2 {
		c := openTestContacts(t, folder, &log)
		want := testContact
		want.Owner = 0
		if got, err := c.Contact(testMAC); err != nil || got != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		if n, err := schema(c.b); n != contactsSchema || err != nil {
			t.Errorf("schema %d, %v", n, err)
		}
		knows(t, c, testMAC, "192.0.2.7", true)
		knows(t, c, testMAC, "192.0.2.8", false)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if log.Len() > 0 {
		t.Error(log.String())
	}
}

func FuzzDecodeContact(f *testing.F) {
	f.Add(appendContact(nil, testContact))
	f.Add(appendContact(nil, store.Contact{Answer: store.Withheld, OtherCertificate: true}))
	f.Add(appendContact(nil, store.Contact{Answer: store.ToDefault, OtherMAC: true}))
	f.Add(appendContact(nil, store.Contact{Answer: store.Redirected, Proven: true, OtherMAC: true}))
	f.Add(appendContact(nil, store.Contact{Answer: store.Refused, OtherMAC: true, From: netip.MustParseAddr("::1")}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, v []byte) {
		c, err := decodeContact(testMAC, v)
		if err != nil {
			return
		}
		if back, err := decodeContact(testMAC, appendContact(nil, c)); err != nil || back != c {
			t.Fatalf("%x: %+v came back as %+v, %v", v, c, back, err)
		}
	})
}

// BenchmarkPutContacts measures a write of 5,000 contacts, sorted by MAC, to files
// with contacts of that many phones.
func BenchmarkPutContacts(b *testing.B) {
	for _, n := range []int{5_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			folder := b.TempDir()
			c := openTestContacts(b, folder, &bytes.Buffer{})
			all := make([]store.Contact, n)
			for i := range all {
				all[i] = testContact
				all[i].MAC = macaddr.MustParse(fmt.Sprintf("000413%06X", i))
			}
			for batch := range slices.Chunk(all, 5_000) {
				if err := c.PutContacts(batch); err != nil {
					b.Fatal(err)
				}
			}
			batch := make([]store.Contact, 5_000)
			for b.Loop() {
				b.StopTimer()
				for i, k := range rand.Perm(n)[:len(batch)] {
					batch[i] = all[k]
				}
				slices.SortFunc(batch, func(x, y store.Contact) int { return x.MAC.Compare(y.MAC) })
				b.StartTimer()
				if err := c.PutContacts(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch)), "ns/contact")
			info, err := os.Stat(filepath.Join(folder, contactsName))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/float64(n), "bytes/phone")
		})
	}
}
