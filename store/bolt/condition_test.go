package bolt

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/store"
)

// A logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// openLogged opens a folder, and returns what is logged.
func openLogged(t *testing.T, folder string) (*DB, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	db, err := Open(folder, Config{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return db, log
}

// Changes of a folder that was deleted or replaced are refused, before they are written
// into nothing. When it is back they are stored again.
func TestFolderReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "data")
		db, log := openLogged(t, folder)
		defer db.Close()
		addAccount(t, db, "acme")
		away := folder + ".away"
		for name, replace := range map[string]func() error{
			"moved": func() error { return os.Rename(folder, away) },
			"replaced": func() error {
				return errors.Join(os.Rename(folder, away), os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, fileName), nil, 0o600))
			},
		} {
			if err := replace(); err != nil {
				t.Fatal(err)
			}
			if _, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "globex"}); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: a change: %v", name, err)
			}
			if _, err := db.AccountNamed("acme"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := db.Refusing(); err != errReplaced {
				t.Errorf("%s: %v", name, err)
			}
			if err := errors.Join(os.RemoveAll(folder), os.Rename(away, folder)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * watchEvery)
			synctest.Wait()
			if err := db.Refusing(); err != nil {
				t.Errorf("%s and back: %v", name, err)
			}
		}
		addAccount(t, db, "globex")
		if n := strings.Count(log.String(), "changes are refused"); n != 2 || strings.Count(log.String(), "stored again") != 2 {
			t.Errorf("log: %s", log)
		}
		// Without a change, the watch notices it.
		if err := os.Rename(folder, away); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * watchEvery)
		synctest.Wait()
		if err := db.Refusing(); err != errReplaced {
			t.Error(err)
		}
	})
}

// A commit that fails at its last sync may have been stored, and callers are told so.
// One that fails before has not.
func TestCommitFails(t *testing.T) {
	folder := t.TempDir()
	failures := 0
	db, err := Open(folder, Config{CommitFailed: func() { failures++ }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	full := commitError{syscall.ENOSPC, false}
	if err := db.committed(full, false, 0); !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) || errors.Is(err, store.ErrUnknown) {
		t.Error(err)
	}
	if err := db.committed(commitError{syscall.EIO, true}, false, 0); !errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if err := db.Refusing(); err == nil || err.Error() != "the disk fails" {
		t.Errorf("refusing: %v", err)
	}
	if failures != 2 {
		t.Errorf("%d failures reported", failures)
	}
	addAccount(t, db, "acme") // changes are tried, but one that works is too little to trust the disk
	if err := db.Refusing(); err == nil {
		t.Error("not refusing after a single change was stored")
	}
	if err := db.check(); err != nil {
		t.Error(err)
	}
	if err := db.committed(berrors.ErrDatabaseReadOnly, false, 0); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if err := db.Refusing(); err == nil || err.Error() != "the disk is read-only" {
		t.Errorf("refusing: %v", err)
	}
}

// A full disk may have room for a small change. Changes are refused until there is room
// for the next ones too.
func TestFullDiskWithRoomForLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		db, log := openLogged(t, folder)
		defer db.Close()
		room := filepath.Join(folder, ".room")
		if err := os.Symlink("/dev/full", room); err != nil {
			t.Skip("no symbolic links here: run this test on Unix")
		}
		if err := db.committed(commitError{syscall.ENOSPC, false}, false, 0); !errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
		addAccount(t, db, "acme")
		time.Sleep(watchEvery)
		synctest.Wait()
		if err := db.Refusing(); err == nil || err.Error() != "the disk is full" {
			t.Errorf("refusing: %v", err)
		}
		// The attempt has deleted the link, so that from now on there is room.
		time.Sleep(watchEvery)
		synctest.Wait()
		if err := db.Refusing(); err != nil {
			t.Errorf("refusing: %v, log: %s", err, log)
		}
	})
}

// A database that can't be mapped any more is opened again.
func TestReopen(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	addAccount(t, db, "acme")
	if err := db.b.b.Close(); err != nil { // as after a failed mapping, no transaction can begin
		t.Fatal(err)
	}
	if _, err := db.AccountNamed("acme"); err != nil {
		t.Error(err)
	}
	addAccount(t, db, "globex")
	if err := db.b.b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AccountNamed("acme"); err == nil {
		t.Error("opened again at once: a file that can't be opened would be tried for each request")
	}
	db.b.tried = time.Time{}
	addAccount(t, db, "initech")
}

// After Close nothing opens the file again.
func TestClosedStaysClosed(t *testing.T) {
	db := open(t, t.TempDir())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Accounts(); err == nil {
		t.Error("no error")
	}
	if err := db.b.Update(func(*bbolt.Tx) error { return nil }); err == nil {
		t.Error("no error")
	}
}
