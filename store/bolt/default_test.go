package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// defaultURL is what the configuration of the tests has.
const defaultURL = "http://default.example/{mac}"

func openWithDefault(t testing.TB, folder string, d store.Default) *DB {
	t.Helper()
	db, err := Open(folder, Config{Default: d})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func addOperator(t testing.TB, db *DB) store.Audit {
	t.Helper()
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "olga", Role: store.Operator})
	if err != nil {
		t.Fatal(err)
	}
	return store.Audit{Actor: a.ID, Name: a.Name, Command: "DEFAULT"}
}

// The configuration's URL counts until an operator has set or removed the default, and
// never after. Whom the default is for is always the configuration's.
func TestConfiguredDefault(t *testing.T) {
	folder := t.TempDir()
	configured := store.Default{URL: store.RestoreURL(defaultURL), AnyOUI: true}
	db := openWithDefault(t, folder, configured)
	audit := addOperator(t, db)
	reopens := func(want store.Default) {
		t.Helper()
		if got := db.Default(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = openWithDefault(t, folder, configured)
		if got := db.Default(); got != want {
			t.Errorf("%+v after a restart, want %+v", got, want)
		}
	}
	reopens(configured)
	set := store.Default{URL: store.RestoreURL("http://set.example/"), AnyOUI: true, Chosen: true}
	for _, want := range []store.Default{set, {AnyOUI: true, Chosen: true}} {
		if next, err := db.SetDefault(audit, false, want.URL); err != nil || next != want {
			t.Errorf("%+v, %v", next, err)
		}
		reopens(want)
	}
	// Setting what is configured is a choice too.
	if _, err := db.SetDefault(audit, false, configured.URL); err != nil {
		t.Error(err)
	}
	configured.URL = store.RestoreURL("http://later.example/")
	reopens(store.Default{URL: store.RestoreURL(defaultURL), AnyOUI: true, Chosen: true})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Databases of older schemas have no default, and get one without a new schema. Copies
// and compacted files have it too.
func TestDefaultOfOlderSchemas(t *testing.T) {
	for schema := 1; schema <= len(migrations)+1; schema++ {
		file := stored(t, schema)
		db := open(t, filepath.Dir(file))
		if d := db.Default(); d != (store.Default{}) {
			t.Errorf("schema %d: %+v", schema, d)
		}
		if _, err := db.SetDefault(addOperator(t, db), false, store.RestoreURL(defaultURL)); err != nil {
			t.Fatal(err)
		}
		copied, compacted := DatabaseFile(t.TempDir()), DatabaseFile(t.TempDir())
		if err := errors.Join(db.Copy(copied), db.Close(), Compact(file, compacted)); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{file, copied, compacted} {
			checkFinds(t, name)
			db := open(t, filepath.Dir(name))
			if d := db.Default(); d != (store.Default{URL: store.RestoreURL(defaultURL), Chosen: true}) {
				t.Errorf("schema %d, %s: %+v", schema, name, d)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Of changes at the same time, the one that counts is the one that is stored.
func TestRacingDefaults(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	audit := addOperator(t, db)
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if _, err := db.SetDefault(audit, false, store.RestoreURL(fmt.Sprintf("http://%d.example/", n))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	now := db.Default()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, folder)
	defer db.Close()
	if again := db.Default(); again != now {
		t.Errorf("%+v, and after a restart %+v", now, again)
	}
}

// A default that can't be read could send phones anywhere: the service doesn't start.
func TestDamagedDefault(t *testing.T) {
	file := stored(t, len(migrations)+1)
	alter(t, file, func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyDefault, []byte(`{"url":"ftp:/x"}`)) })
	if _, err := Open(filepath.Dir(file), Config{}); err == nil || !strings.Contains(err.Error(), errDefault.Error()) {
		t.Error(err)
	}
}

// If nothing can be stored, the default stays.
func TestDefaultIsNotStored(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	defer db.Close()
	audit := addOperator(t, db)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if d, err := db.SetDefault(audit, false, store.RestoreURL(defaultURL)); !errors.Is(err, store.ErrUnavailable) || d != (store.Default{}) {
		t.Errorf("%+v, %v", d, err)
	}
	if d := db.Default(); d != (store.Default{}) {
		t.Errorf("%+v", d)
	}
}

func FuzzDecodeDefault(f *testing.F) {
	for _, seed := range []string{`{"url":"http://default.example/{mac}"}`, `{"url":""}`, `{}`, `{"url":"http://x/\n"}`, `{"url":1}`, `[`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		url, err := decodeDefault(v)
		if err != nil || url.IsZero() {
			return
		}
		if again, err := store.ParseURL(url.String()); err != nil || again != url {
			t.Errorf("%q, %v", url, err)
		}
	})
}
