package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// Whatever is in the file, Check returns, and says that it is damaged if a page that is
// in use is.
func TestCheckDamagedPages(t *testing.T) {
	file := withPhones(t, 2000, 1900)
	checkFinds(t, file)
	good := read(t, file)
	random := rand.New(rand.NewPCG(5, 6))
	found := 0
	try := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Check(file)
		if err != nil || r.Found > 0 {
			found++
		}
		for _, p := range append(r.Problems, fmt.Sprint(err)) {
			if strings.Contains(p, filepath.Dir(file)) || strings.ContainsAny(p, "\n") {
				t.Errorf("a path, or more than a line: %q", p)
			}
		}
	}
	size := os.Getpagesize()
	for at := 0; at < len(good); at += size {
		b := bytes.Clone(good)
		for i := range size {
			b[at+i] = byte(random.Uint32())
		}
		try(b)
		clear(b[at:][:size])
		try(b)
		if good[at+8] == 1 { // a branch: what is below it is itself
			b = bytes.Clone(good)
			binary.NativeEndian.PutUint64(b[at+16+8:], uint64(at/size))
			try(b)
		}
	}
	for range 100 {
		b := bytes.Clone(good)
		for range 1 + random.IntN(4) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
		try(b)
	}
	for cut := range 20 {
		try(good[:cut*len(good)/20+cut])
	}
	if found < 100 {
		t.Errorf("only %d damaged files were noticed", found)
	}
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, filepath.Dir(file)).Close(); err != nil {
		t.Errorf("Check has left the file open: %v", err)
	}
}

// FuzzCheck puts any record into any bucket: Check reports it or not, and never panics.
func FuzzCheck(f *testing.F) {
	b, err := bbolt.Open(stored(f, 4), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { b.Close() })
	all := append(slices.Clone(buckets), bucketContacts, bucketSources, bucketKnownHosts, bucketLogins)
	err = b.Update(func(tx *bbolt.Tx) error {
		for i, name := range all {
			bucket, err := tx.CreateBucketIfNotExists(name)
			if err != nil {
				return err
			}
			k, v := bucket.Cursor().First()
			f.Add(uint8(i), k, v)
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, i uint8, k, v []byte) {
		tx, err := b.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		_ = tx.Bucket(all[int(i)%len(all)]).Put(k, v) // an empty key is refused
		for schema := range len(migrations) + 2 {
			checkRecords(tx, &Report{Schema: schema}, newYear)
		}
		checkContactRecords(tx, &ContactsReport{Schema: contactsSchema})
	})
}
