package bolt

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// withPhones writes a database with n phones of one account, of which only the first
// kept are registered any more, and returns its path.
func withPhones(t *testing.T, n, kept int) string {
	t.Helper()
	db := open(t, t.TempDir())
	acme := addAccount(t, db, "acme")
	first := macaddr.MustParse("000413000000").As6()
	var macs []macaddr.Addr
	for i := range n {
		first[4], first[5] = byte(i>>8), byte(i)
		mac, err := macaddr.From6(first)
		if err != nil {
			t.Fatal(err)
		}
		macs = append(macs, mac)
	}
	mustChange(t, db, register(acme.ID, store.RestoreURL("http://own.example/{mac}"), macs...))
	b := register(acme.ID, store.URL{}, macs[kept:]...)
	b.Rule = store.RuleDeregister
	mustChange(t, db, b)
	file := db.b.name
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCompact(t *testing.T) {
	for schema := 1; schema <= len(migrations)+1; schema++ {
		file := stored(t, schema)
		to := filepath.Join(t.TempDir(), "new.db")
		before, content := checkFinds(t, file), read(t, file)
		if err := Compact(file, to); err != nil {
			t.Fatal(err)
		}
		if after := checkFinds(t, to); !after.same(before) || after.Size > before.Size {
			t.Errorf("%+v became %+v", before, after)
		}
		if !bytes.Equal(read(t, file), content) {
			t.Error("the old file was changed")
		}
		if info, err := os.Stat(to); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		checkAlone(t, to)

		// An existing file is never replaced.
		content = read(t, to)
		if err := Compact(file, to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("to a file that exists: %v", err)
		}
		if !bytes.Equal(read(t, to), content) {
			t.Error("the file that existed was changed")
		}
	}
}

func TestCompactRefuses(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "new.db")
	want := func(from, text string) {
		t.Helper()
		if err := Compact(from, to); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %s", err, text)
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the new file was left: %v", err)
		}
	}
	file := stored(t, 4)
	content := read(t, file)
	clear(content[2*os.Getpagesize():])
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(damaged, content, 0o600); err != nil {
		t.Fatal(err)
	}
	want(filepath.Join(t.TempDir(), "missing.db"), "no database")
	want(damaged, "not a database, or damaged: ")
	to = filepath.Join(t.TempDir(), "missing", "new.db")
	want(file, "no such file or directory")
	to = filepath.Join(t.TempDir(), "new.db")
	db := open(t, filepath.Dir(file))
	defer db.Close()
	want(file, "in use by another process")
}

func TestCompactFolder(t *testing.T) {
	t.Parallel()
	file := withPhones(t, 5000, 500)
	folder := filepath.Dir(file)
	before, after, err := CompactFolder(t.Context(), folder)
	if err != nil || before.Phones != 500 || !after.same(before) {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != after.Size || after.Size*2 > before.Size {
		t.Errorf("%d bytes became %d: %v", before.Size, after.Size, err)
	}
	checkAlone(t, file)

	// IDs and numbers go on where they were.
	db := open(t, folder)
	defer db.Close()
	if a := addAccount(t, db, "bravo"); a.ID != 2 {
		t.Errorf("the next account has ID %d", a.ID)
	}
	if _, _, err := CompactFolder(t.Context(), folder); !errors.Is(err, ErrInUse) {
		t.Errorf("a folder in use: %v", err)
	}
}

// If a folder is not compacted, the database is as it was, and nothing is left.
func TestCompactFolderRefuses(t *testing.T) {
	file := stored(t, 4)
	content := read(t, file)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := CompactFolder(ended, filepath.Dir(file)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if !bytes.Equal(read(t, file), content) {
		t.Error("the database was changed")
	}
	checkAlone(t, file)

	// After a power cut, both files may be there.
	leftover := file + ".compacted"
	if err := os.WriteFile(leftover, content[:9999], 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := CompactFolder(t.Context(), filepath.Dir(file))
	if err == nil || !strings.Contains(err.Error(), "snomredirect.db.compacted exists: if no other compaction is running, one was interrupted: delete the file") {
		t.Error(err)
	}
	if !bytes.Equal(read(t, file), content) || !bytes.Equal(read(t, leftover), content[:9999]) {
		t.Error("a file was changed")
	}

	alter(t, file, func(tx *bbolt.Tx) error { return tx.Bucket(bucketNames).Delete([]byte("acme")) })
	content = read(t, file)
	if err := os.Remove(leftover); err != nil {
		t.Fatal(err)
	}
	if r, _, err := CompactFolder(t.Context(), filepath.Dir(file)); !errors.Is(err, ErrProblems) || r.Found != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if !bytes.Equal(read(t, file), content) {
		t.Error("the database was changed")
	}
	checkAlone(t, file)
}

// A service that is started while the folder is compacted never works with the old
// file, in which its changes would be lost.
func TestStartWhileCompacting(t *testing.T) {
	t.Parallel()
	file := withPhones(t, 5000, 500)
	folder := filepath.Dir(file)
	started := make(chan *DB)
	var compacted atomic.Bool // with one CPU, perhaps before this goroutine ran
	go func() {
		for !compacted.Load() { // from when the folder is locked
			if _, err := os.Stat(file + ".compacted"); err == nil {
				break
			}
		}
		for {
			db, err := Open(folder, Config{})
			if err == nil {
				started <- db
				return
			}
			if !errors.Is(err, ErrInUse) {
				t.Error(err)
			}
		}
	}()
	_, _, err := CompactFolder(t.Context(), folder)
	compacted.Store(true)
	if err != nil {
		t.Fatal(err)
	}
	db := <-started
	addAccount(t, db, "bravo")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, folder)
	defer db.Close()
	if _, err := db.AccountNamed("bravo"); err != nil {
		t.Errorf("a change was lost: %v", err)
	}
	if p, err := db.Phones(0, macaddr.Addr{}, 1000); err != nil || len(p) != 500 {
		t.Errorf("%d phones, %v", len(p), err)
	}
}

// A file that can't be written is not left.
func TestNewFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new.db")
	full := errors.New("no space left on device")
	if err := newFile(file, func() error { return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file was left: %v", err)
	}
}

// A copy that lacks something, or is damaged, replaces nothing.
func TestReplaceChecksTheCopy(t *testing.T) {
	file := stored(t, 4)
	content, before := read(t, file), checkFinds(t, file)
	lacking := stored(t, 4)
	alter(t, lacking, func(tx *bbolt.Tx) error {
		k, _ := tx.Bucket(bucketClaims).Cursor().First()
		return tx.Bucket(bucketClaims).Delete(bytes.Clone(k))
	})
	damaged := stored(t, 4)
	alter(t, damaged, func(tx *bbolt.Tx) error { return tx.Bucket(bucketNames).Delete([]byte("acme")) })
	for _, copied := range []string{lacking, damaged} {
		if _, err := replace(t.Context(), file, copied, before); err == nil || !strings.Contains(err.Error(), "the copy differs: ") {
			t.Error(err)
		}
	}
	if !bytes.Equal(read(t, file), content) {
		t.Error("the database was replaced")
	}
}
