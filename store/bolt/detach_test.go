package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"snomredirect/store"
)

// A replica that is detached has the same records, and is changed without a truth.
func TestDetach(t *testing.T) {
	folder, j := t.TempDir(), newJournal()
	file := DatabaseFile(folder)
	db := openReplica(t, folder, 0, j)
	a := addAccount(t, db, "acme")
	err := errors.Join(db.SetReplicaOf(int64(len(j.decided)), 42), db.Close())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder, Config{}); !errors.Is(err, ErrReplica) {
		t.Fatal(err)
	}
	before, err := Check(file)
	if err != nil || before.Found > 0 || !before.Replica || before.Unfinished {
		t.Errorf("%+v, %v", before, err)
	}
	for range 2 {
		if err := Detach(file); err != nil {
			t.Fatal(err)
		}
	}
	after, err := Check(file)
	if err != nil || after.Found > 0 || after.Replica || after.Checksum != before.Checksum {
		t.Errorf("%+v, %v; want the records of %+v", after, err, before)
	}
	db = open(t, folder)
	defer db.Close()
	mustChange(t, db, register(a.ID, store.URL{}, testMAC))
}

// A replica that is not complete stays one, and a missing file is an error.
func TestDetachRefuses(t *testing.T) {
	folder := t.TempDir()
	file := DatabaseFile(folder)
	db := openReplica(t, folder, 0, newJournal())
	if err := errors.Join(db.SetReplicaOf(0, 42), db.Close()); err != nil {
		t.Fatal(err)
	}
	if r, err := Check(file); err != nil || !r.Replica || !r.Unfinished {
		t.Errorf("%+v, %v", r, err)
	}
	if err := Detach(file); !errors.Is(err, ErrUnfinished) {
		t.Error(err)
	}
	if _, err := Open(folder, Config{}); !errors.Is(err, ErrReplica) {
		t.Error(err)
	}
	missing := filepath.Join(folder, "missing")
	if err := Detach(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
