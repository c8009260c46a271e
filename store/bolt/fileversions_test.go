package bolt

import (
	"errors"
	"fmt"
	"testing"

	"snomredirect/store"
)

// An account whose files exceed bounds that were lowered can remove them one by one.
func TestRemoveBeyondLoweredBounds(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	a := addAccount(t, db, "acme")
	put := func(name store.FileName, size int) error {
		_, err := db.PutFile(store.Audit{}, false, a.ID, 0, name, randomText(size))
		return err
	}
	name := func(i int) store.FileName { return store.FileName(fmt.Sprintf("f%d.txt", i)) }
	for i := range 40 {
		if err := errors.Join(put(name(i), 10_000), put(name(i), 10_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(folder, Config{FileSpace: 100_000, FileCount: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := put("one.txt", 1); !errors.Is(err, store.ErrTooManyFiles) {
		t.Error(err)
	}
	if err := put(name(0), 1); !errors.Is(err, store.ErrFileSpace) {
		t.Error(err)
	}
	for i := range 38 {
		if err := db.RemoveFile(store.Audit{}, false, a.ID, 0, name(i)); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := put("one.txt", 1); err != nil {
		t.Error(err)
	}
	if s, err := db.FileSpace(a.ID); err != nil || s.Files != 3 || s.Bytes > 100_000 {
		t.Errorf("%+v, %v", s, err)
	}
}

// To make room, no more versions are read than are needed.
func TestOldVersions(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a := addAccount(t, db, "acme")
	for i := range 30 { // the oldest versions are of a.txt
		name := store.FileName([]string{"a.txt", "b.txt", "c.txt"}[i/10])
		if _, err := db.PutFile(store.Audit{}, false, a.ID, 0, name, randomText(100)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ size, n, want int }{{0, 0, 0}, {1, 0, 1}, {101, 0, 2}, {0, 3, 3}, {500, 4, 5}, {1000, 0, 10}, {1 << 20, 0, 27}} {
		err := db.changeFiles(true, 1, a.ID, 0, func(w *fileWriter) error {
			old, err := w.old(c.size, c.n)
			if len(old) != c.want {
				t.Errorf("%+v: %d", c, len(old))
			}
			for i, r := range old {
				if want := store.FileName([]string{"a.txt", "b.txt", "c.txt"}[i/9]); r.Name != want || r.Version != 1+i%9 {
					t.Errorf("%+v: %s %d", c, r.Name, r.Version)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
