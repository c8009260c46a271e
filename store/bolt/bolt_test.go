package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
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
	return openHold(t, folder, 0)
}

func openHold(t testing.TB, folder string, hold time.Duration) *DB {
	t.Helper()
	db, err := Open(folder, Config{Hold: hold})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var testMAC = macaddr.MustParse("0004132202E4")

func addAccount(t testing.TB, db *DB, name store.Name) store.Account {
	t.Helper()
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: name, SettingServer: store.RestoreURL("http://prov.acme.example/{mac}")})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// carryOut carries out a batch of which nothing is refused.
func carryOut(t testing.TB, db *DB, o store.Batch) []store.Result {
	t.Helper()
	results, err := db.Change(o)
	for _, out := range results {
		err = errors.Join(err, out.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// count returns how many keys a bucket has.
func count(t testing.TB, db *DB, bucket []byte) (n int) {
	t.Helper()
	err := db.b.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, _ []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t testing.TB, folder string, hold time.Duration) storetest.Backend {
		return openHold(t, folder, hold)
	})
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

// Of a removed account there is its history left, and what is held for it.
func TestARemovedAccountLeavesNothingElse(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	if _, err := db.BeginJob(store.Job{Account: a.ID}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []store.Rule{store.RuleRegister, store.RuleDeregister} {
		carryOut(t, db, store.Batch{Audit: store.Audit{Actor: a.ID}, Rule: kind, Owner: a.ID, Changes: []store.Change{{MAC: testMAC}}})
	}
	if err := db.RemoveAccount(store.Audit{}, false, a.ID); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"meta": 2, "history": 4, "history_sizes": 1, "holds": 1, "hold_ends": 1}
	for _, name := range buckets {
		if n := count(t, db, name); n != want[string(name)] {
			t.Errorf("bucket %s holds %d, want %d", name, n, want[string(name)])
		}
	}
}

func TestFolderInUse(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	defer db.Close()
	if second, err := Open(folder, Config{}); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v, %v", second, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("not a folder", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, Config{}); err == nil || !strings.Contains(err.Error(), "not a folder") {
			t.Error(err)
		}
	})
	t.Run("not a database", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, fileName), []byte(strings.Repeat("text\n", 10000)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(folder, Config{}); err == nil || !strings.Contains(err.Error(), "not a snomredirect database") {
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
		"from the future":  {"meta", "7", "newer snomredirect (schema 7; this one reads up to 3)"},
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
				if _, err := Open(folder, Config{}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
			}
		})
	}
}

func TestDamagedRecordsAreErrors(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a, other := addAccount(t, db, "acme"), addAccount(t, db, "other")
	held, over := macaddr.MustParse("0004132202E5"), macaddr.MustParse("0004132202E6")
	b, h, o := testMAC.As6(), held.As6(), over.As6()
	damage := func(f func(*bbolt.Tx) error) {
		t.Helper()
		if err := db.b.Update(f); err != nil {
			t.Fatal(err)
		}
	}
	damage(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketPhones).Put(b[:], []byte{0xFF}),
			tx.Bucket(bucketOwned).Put(ownedKey(a.ID, testMAC), nil),
			tx.Bucket(bucketHolds).Put(h[:], append(binary.AppendVarint([]byte{1}, 1e9), "more"...)),
			tx.Bucket(bucketJobs).Put(append(accountKey(a.ID), 0, 0, 0, 0, 0, 0, 0, 1), []byte("[")),
			tx.Bucket(bucketHistory).Put(entryKey(store.Mark{Account: a.ID, Begun: 1}), []byte{200, '{'}))
	})
	_, errServer := db.SettingServer(testMAC)
	_, errPhone := db.Phone(testMAC)
	_, errPhones := db.Phones(0, macaddr.Addr{}, 9)
	_, errOwned := db.Phones(a.ID, macaddr.Addr{}, 9)
	_, errHeld := db.Phone(held)
	by := store.Audit{Actor: other.ID}
	_, errChange := db.Change(store.Batch{Audit: by, Rule: store.RuleRegister, Owner: other.ID, Changes: []store.Change{{MAC: testMAC}}})
	_, errHold := db.Change(store.Batch{Audit: by, Rule: store.RuleRegister, Owner: other.ID, Changes: []store.Change{{MAC: held}}})
	for i, err := range []error{errServer, errPhone, errPhones, errOwned, errHeld, errChange, errHold} {
		if err != errRecord {
			t.Errorf("%d: %v, want %v", i, err, errRecord)
		}
	}
	damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyPhones, []byte("-1")) })
	if n, err := db.CountPhones(); err == nil {
		t.Errorf("%d phones", n)
	}
	_, errOne := db.History(a.ID, macaddr.Addr{}, store.Mark{}, 9)
	_, errAll := db.History(0, macaddr.Addr{}, store.Mark{}, 9)
	_, errMAC := db.History(0, testMAC, store.Mark{}, 9)
	for i, err := range []error{errOne, errAll, errMAC} {
		if err != errEntry {
			t.Errorf("%d: %v, want %v", i, err, errEntry)
		}
	}
	if all, err := db.Jobs(a.ID); err == nil {
		t.Errorf("damaged upload: %v", all)
	}

	// What is to be cleared away or counted on the way is not passed over.
	set := func(c *store.Account) error { c.Company += "x"; return nil }
	damage(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketHolds).Put(o[:], []byte{0}),
			tx.Bucket(bucketHoldEnds).Put(holdEnd(time.Unix(1e9, 0), over), nil))
	})
	if _, err := db.Change(store.Batch{Audit: by, Owner: other.ID}); !errors.Is(err, errRecord) {
		t.Errorf("a damaged hold that is over: %v", err)
	}
	for _, v := range [][]byte{{}, {0x80}, {1}, {1, 0x80}} {
		damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketHistorySizes).Put(accountKey(other.ID), v) })
		if _, err := db.UpdateAccount(store.Audit{}, false, other.ID, set); err != errEntry {
			t.Errorf("damaged sizes %x: %v", v, err)
		}
	}

	damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketAccounts).Put(accountKey(a.ID), []byte("{")) })
	if _, err := db.AccountNamed("acme"); err == nil || errors.Is(err, store.ErrNoAccount) {
		t.Errorf("damaged account: %v", err)
	}
}

func FuzzDecodePhone(f *testing.F) {
	b := testMAC.As6()
	f.Add(appendPhone(nil, store.Phone{MAC: testMAC, Owner: 7, URL: store.RestoreURL("http://a/"), Registered: time.Unix(1e9, 0)}))
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
