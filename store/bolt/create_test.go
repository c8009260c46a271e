package bolt

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
)

// Processes that create the same file at once get one file, and leave no other.
func TestCreateAtOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), fileName)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := create(name); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	checkAlone(t, name)
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := create(name); err != nil {
		t.Error(err)
	}
	if after, err := os.Stat(name); err != nil || !os.SameFile(before, after) {
		t.Errorf("a file that was there was replaced: %v", err)
	}
}

// The copy before a migration replaces one of an earlier attempt only when it is whole.
func TestCopyBeforeMigrationIsWhole(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	name := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(name, []byte("an earlier one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := backup(db.b, name); err == nil {
		t.Error("a database that is closed was copied")
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "an earlier one" {
		t.Errorf("%q, %v", text, err)
	}
	checkAlone(t, name)
	again := open(t, folder)
	defer again.Close()
	if err := backup(again.b, name); err != nil {
		t.Fatal(err)
	}
	checkAlone(t, name)
	b, err := bbolt.Open(name, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
