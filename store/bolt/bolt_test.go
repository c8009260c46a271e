package bolt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/storetest"
)

func open(t testing.TB, folder string) *DB {
	t.Helper()
	db, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t testing.TB, folder string) storetest.Backend { return open(t, folder) })
}

func TestFolderIsPrivate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	db := open(t, folder)
	defer db.Close()
	for path, want := range map[string]os.FileMode{filepath.Dir(folder): 0o700, folder: 0o700, filepath.Join(folder, fileName): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestARemovedAccountLeavesNothing(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a, err := db.AddAccount(store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveAccount(a.ID); err != nil {
		t.Fatal(err)
	}
	err = db.b.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets[1:] {
			if k, _ := tx.Bucket(name).Cursor().First(); k != nil {
				t.Errorf("bucket %s holds %x", name, k)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFolderInUse(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	defer db.Close()
	if second, err := Open(folder); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v, %v", second, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("not a folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "not a folder") {
			t.Error(err)
		}
	})
	t.Run("not a database", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, fileName), []byte(strings.Repeat("text\n", 10000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "not a snomredirect database") {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct {
		bucket, schema string
		want           string
	}{
		"somebody else's":  {"things", "", "holds no schema number"},
		"no schema number": {"meta", "", "holds no schema number"},
		"nonsense":         {"meta", "x", "holds no schema number"},
		"from the future":  {"meta", "7", "newer snomredirect (schema 7; this one reads up to 1)"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			b, err := bbolt.Open(filepath.Join(folder, fileName), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = b.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucket([]byte(c.bucket))
				if err != nil || c.schema == "" {
					return err
				}
				return bucket.Put(keySchema, []byte(c.schema))
			})
			if err := errors.Join(err, b.Close()); err != nil {
				t.Fatal(err)
			}
			for range 2 { // refused, and left as it was
				if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
			}
		})
	}
}

func TestMigrate(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	defer db.Close()
	if _, err := db.AddAccount(store.Account{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	copied := db.b.Path() + ".schema-1"
	rename := func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketNames).Get([]byte("acme"))
		return errors.Join(tx.Bucket(bucketNames).Put([]byte("acme2"), v), tx.Bucket(bucketNames).Delete([]byte("acme")))
	}
	fail := func(*bbolt.Tx) error { return errors.New("no") }

	if err := prepare(db.b, []migration{rename, fail}); err == nil || !strings.Contains(err.Error(), "migration from schema 2: no") {
		t.Fatalf("failing migration: %v", err)
	}
	if n, err := schema(db.b); n != 1 || err != nil {
		t.Fatalf("after a failed migration the schema is %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme"); err != nil {
		t.Fatalf("a failed migration changed the database: %v", err)
	}

	if err := prepare(db.b, []migration{rename}); err != nil {
		t.Fatal(err)
	}
	if n, err := schema(db.b); n != 2 || err != nil {
		t.Fatalf("the schema is %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme2"); err != nil {
		t.Fatal(err)
	}

	// The copy holds what was there before.
	old := filepath.Join(t.TempDir(), fileName)
	if err := os.Rename(copied, old); err != nil {
		t.Fatal(err)
	}
	before := open(t, filepath.Dir(old))
	defer before.Close()
	if _, err := before.AccountNamed("acme"); err != nil {
		t.Error(err)
	}
}

func TestDamagedRecordsAreErrors(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a, err := db.AddAccount(store.Account{Name: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	mac := macaddr.MustParse("0004132202E4")
	b := mac.As6()
	err = db.b.Update(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketPhones).Put(b[:], []byte{0xFF}),
			tx.Bucket(bucketOwned).Put(ownedKey(a.ID, mac), nil),
			tx.Bucket(bucketAccounts).Put(accountKey(a.ID), []byte("{")))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, errServer := db.SettingServer(mac)
	_, errPhones := db.Phones(0, macaddr.Addr{}, 9)
	_, errOwned := db.Phones(a.ID, macaddr.Addr{}, 9)
	for _, err := range []error{errServer, errPhones, errOwned} {
		if err != errRecord {
			t.Errorf("%v, want %v", err, errRecord)
		}
	}
	if _, err := db.AccountNamed("acme"); err == nil || errors.Is(err, store.ErrNoAccount) {
		t.Errorf("damaged account: %v", err)
	}
}

func FuzzDecodePhone(f *testing.F) {
	mac := macaddr.MustParse("0004132202E4")
	b := mac.As6()
	f.Add(appendPhone(nil, store.Phone{MAC: mac, Owner: 7, URL: store.RestoreURL("http://a/"), Registered: time.Unix(1e9, 0)}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, v []byte) {
		p, err := decodePhone(b[:], v)
		if err != nil {
			return
		}
		if back, err := decodePhone(b[:], appendPhone(nil, p)); err != nil || back != p {
			t.Fatalf("%x: %+v came back as %+v, %v", v, p, back, err)
		}
	})
}

// filled returns a database with n phones of one account, in random order.
func filled(tb testing.TB, n int) (*DB, []macaddr.Addr) {
	tb.Helper()
	db := open(tb, tb.TempDir())
	tb.Cleanup(func() { db.Close() })
	a, err := db.AddAccount(store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/{mac}")})
	if err != nil {
		tb.Fatal(err)
	}
	var macs []macaddr.Addr
	for _, k := range rand.Perm(n) {
		macs = append(macs, macaddr.MustParse(fmt.Sprintf("000413%06X", k)))
	}
	for batch := range slices.Chunk(macs, 1000) {
		err := db.b.Update(func(tx *bbolt.Tx) error {
			for _, mac := range batch {
				if err := putPhone(tx, store.Phone{MAC: mac, Owner: a.ID, Registered: a.Created}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return db, macs
}

// What a phone's request asks of the database.
func BenchmarkSettingServer(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db, macs := filled(b, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := db.SettingServer(macs[i%n]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// The room that a phone takes in the pages of the database when phones come in
// random order, which is when it takes most, and what of it is filled.
func BenchmarkBytesAPhone(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		db, _ := filled(b, n)
		var pages, inUse int
		err := db.b.View(func(tx *bbolt.Tx) error {
			for _, name := range [][]byte{bucketPhones, bucketOwned} {
				s := tx.Bucket(name).Stats()
				pages += s.LeafAlloc + s.BranchAlloc
				inUse += s.LeafInuse + s.BranchInuse
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(pages)/n, "bytes/phone")
		b.ReportMetric(float64(inUse)/n, "filled-bytes/phone")
	}
}

func BenchmarkRegister(b *testing.B) {
	db, macs := filled(b, 100_000)
	a, err := db.AccountNamed("acme")
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if _, err := db.Register(macs[i%len(macs)], a.ID, store.URL{}); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
