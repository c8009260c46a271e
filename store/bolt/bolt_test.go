package bolt

import (
	"errors"
	"fmt"
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

// mustChange runs a batch, of which no change may be refused.
func mustChange(t testing.TB, db *DB, b store.Batch) []store.Result {
	t.Helper()
	results, err := db.Change(b)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// count returns the number of keys in a bucket.
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
		t.Cleanup(func() { checkFinds(t, DatabaseFile(folder)) })
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

// Only the history and the holds of a removed account remain.
func TestRemovedAccountLeavesNothingElse(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	if _, err := db.BeginJob(store.Job{Account: a.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.PutFile(store.Audit{Command: store.CommandFile + "PUT"}, false, a.ID, 0, "general.xml", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := db.EnsureFileToken(a.ID); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister} {
		mustChange(t, db, store.Batch{Audit: store.Audit{Actor: a.ID, Command: fmt.Sprint(rule)}, Rule: rule, Owner: a.ID, Changes: []store.Change{{MAC: testMAC}}})
	}
	if err := db.RemoveAccount(store.Audit{Command: "REMOVE"}, false, a.ID); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"meta": 7, "history": 2, "history_accounts": 2, "history_files": 1, "history_sizes": 1, "holds": 1, "hold_ends": 1}
	for _, name := range buckets {
		if n := count(t, db, name); n != want[string(name)] {
			t.Errorf("bucket %s has %d keys, want %d", name, n, want[string(name)])
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
		if _, err := Open(folder, Config{}); err == nil || !strings.Contains(err.Error(), "not a database, or damaged") {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct {
		bucket, schema string
		want           string
	}{
		"another program's": {"things", "", "no schema number"},
		"no schema number":  {"meta", "", "no schema number"},
		"nonsense":          {"meta", "x", "no schema number"},
		"newer":             {"meta", "9", "newer snomredirect (schema 9; this version reads up to 8)"},
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
			for range 2 { // the refusal leaves it unchanged
				if _, err := Open(folder, Config{}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want one with %q", err, c.want)
				}
			}
		})
	}
}
