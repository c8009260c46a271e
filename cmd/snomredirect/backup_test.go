package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/snapshot"
)

// newBackedUp returns a data folder with a host key, an account and a phone.
func newBackedUp(t *testing.T) (folder string, db *bolt.DB) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "data")
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	acme, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/")})
	if err != nil {
		t.Fatal(err)
	}
	phone := store.Change{MAC: macaddr.MustParse("0004132202E4")}
	if _, err := db.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Rule: store.RuleRegister, Owner: acme.ID, Changes: []store.Change{phone}}); err != nil {
		t.Fatal(err)
	}
	if _, err := loadHostKey(filepath.Join(folder, snapshot.HostKey)); err != nil {
		t.Fatal(err)
	}
	return folder, db
}

// left returns the files of a folder that backups make.
func left(t *testing.T, folder string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == lastBackupName {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestBackups(t *testing.T) {
	folder, db := newBackedUp(t)
	var log bytes.Buffer
	b := openBackups(folder, db.Copy, slog.New(slog.NewTextHandler(&log, nil)))
	if !b.Last().IsZero() {
		t.Errorf("the last backup of a new folder: %v", b.Last())
	}
	a, err := b.begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.begin(); err != shell.ErrBackupRuns {
		t.Errorf("a second one: %v", err)
	}
	if names := left(t, folder); names != nil {
		t.Errorf("while it runs, the folder has %q", names)
	}
	accounts, phones, size := a.Contents()
	var text bytes.Buffer
	if err := a.Write(&text, nil); err != nil || accounts != 1 || phones != 1 || size < 1000 || int64(text.Len()) < size {
		t.Errorf("%d accounts, %d phones, %d bytes, %d sent, %v", accounts, phones, size, text.Len(), err)
	}
	if !b.Last().IsZero() {
		t.Errorf("before it was sent, the last backup is %v", b.Last())
	}
	if err := errors.Join(a.Sent(), a.Close()); err != nil {
		t.Fatal(err)
	}
	if age := time.Since(b.Last()); age < 0 || age > time.Minute {
		t.Errorf("the last backup is %v", b.Last())
	}
	if again := openBackups(folder, db.Copy, slog.New(slog.NewTextHandler(&log, nil))); !again.Last().Equal(b.Last()) {
		t.Errorf("after a restart the last backup is %v instead of %v", again.Last(), b.Last())
	}

	to := t.TempDir()
	r, err := snapshot.NewReader(&text)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Extract(to); err != nil || len(r.Manifest.Files) != 2 || r.Manifest.Schema != bolt.Schema() {
		t.Errorf("%+v, %v", r.Manifest, err)
	}
	want, _ := os.ReadFile(filepath.Join(folder, snapshot.HostKey))
	if got, err := os.ReadFile(filepath.Join(to, snapshot.HostKey)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("another host key, %v", err)
	}
	if report, err := bolt.Check(filepath.Join(to, snapshot.Database)); err != nil || report.Found > 0 || report.Phones != 1 {
		t.Errorf("%+v, %v", report, err)
	}

	// The keys of --rds are in the next one.
	for _, name := range []string{snapshot.RDSKey, snapshot.RDSCertificate} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if a, err = b.begin(); err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	text.Reset()
	if err := a.Write(&text, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := snapshot.NewReader(&text); err != nil || len(r.Manifest.Files) != 4 {
		t.Errorf("%+v, %v", r.Manifest, err)
	}
	if log.Len() > 0 {
		t.Errorf("the log contains\n%s", &log)
	}
}

// What an interrupted backup left is deleted, and nothing else. An unreadable time is
// none.
func TestBackupsAfterACrash(t *testing.T) {
	folder, db := newBackedUp(t)
	if err := os.Mkdir(filepath.Join(folder, copyPrefix+"folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{copyPrefix + "ABC", "mine", lastBackupName} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("yesterday"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	b := openBackups(folder, db.Copy, slog.New(slog.NewTextHandler(&log, nil)))
	if !b.Last().IsZero() || !strings.Contains(log.String(), "counts as none") {
		t.Errorf("the last backup is %v; the log contains\n%s", b.Last(), &log)
	}
	if _, err := os.Stat(filepath.Join(folder, copyPrefix+"ABC")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy: %v", err)
	}
	for _, name := range []string{copyPrefix + "folder", "mine"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

// damaged returns a database without the account of its phone.
func damaged(database []byte) []byte {
	return bytes.ReplaceAll(database, []byte(`"acme"`), []byte(`"acm"e`))
}

// copyTo returns a copy that fails.
func copyTo(failing error) func(string) error {
	return func(file string) error { return &fs.PathError{Op: "write", Path: file, Err: failing} }
}

// A backup that can't be made leaves nothing, and keeps none from being made later.
func TestBackupsFail(t *testing.T) {
	folder, db := newBackedUp(t)
	var log bytes.Buffer
	b := openBackups(folder, nil, slog.New(slog.NewTextHandler(&log, nil)))
	for failing, want := range map[error]error{syscall.ENOSPC: shell.ErrDiskFull, syscall.EDQUOT: shell.ErrDiskFull, syscall.EROFS: shell.ErrReadOnly} {
		b.copy = copyTo(failing)
		if _, err := b.begin(); err != want {
			t.Errorf("%v: %v", failing, err)
		}
	}
	b.copy = func(file string) error {
		err := db.Copy(file)
		text, readErr := os.ReadFile(file)
		return errors.Join(err, readErr, os.WriteFile(file, damaged(text), 0o600))
	}
	if _, err := b.begin(); err != shell.ErrDamaged || !strings.Contains(log.String(), "the database has problems, and is not backed up") {
		t.Errorf("a damaged database: %v; the log contains\n%s", err, &log)
	}
	b.copy = func(file string) error {
		defer db.SetReplicaOf(0, 0)
		return errors.Join(db.SetReplicaOf(0, 42), db.Copy(file))
	}
	if _, err := b.begin(); err != shell.ErrUnfinished {
		t.Errorf("a replica that is not complete: %v", err)
	}
	b.copy = func(string) error { panic("copying") }
	func() {
		defer func() { _ = recover() }()
		_, _ = b.begin()
	}()
	b.copy = db.Copy
	if err := os.Rename(filepath.Join(folder, snapshot.HostKey), filepath.Join(folder, "moved")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.begin(); err == nil || !strings.Contains(err.Error(), snapshot.HostKey) {
		t.Errorf("without a host key: %v", err)
	}
	if names := left(t, folder); names != nil {
		t.Errorf("the folder has %q", names)
	}
	if err := os.Rename(filepath.Join(folder, "moved"), filepath.Join(folder, snapshot.HostKey)); err != nil {
		t.Fatal(err)
	}
	a, err := b.begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Write(io.Discard, nil), a.Close()); err != nil {
		t.Error(err)
	}
	if !b.Last().IsZero() {
		t.Errorf("the last backup is %v", b.Last())
	}
}

// A client that reads nothing is hung up on, so that another backup can begin.
func TestBackupStalls(t *testing.T) {
	folder, db := newBackedUp(t)
	b := openBackups(folder, db.Copy, slog.New(slog.DiscardHandler))
	b.patience = time.Millisecond
	a, err := b.begin()
	if err != nil {
		t.Fatal(err)
	}
	client, server := net.Pipe() // nobody reads
	defer client.Close()
	if err := a.Write(server, func() { server.Close() }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if a, err = b.begin(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// Without its folder nothing is backed up, and the reason is clear.
func TestBackupOfMovedFolder(t *testing.T) {
	folder, db := newBackedUp(t)
	b := openBackups(folder, db.Copy, slog.New(slog.DiscardHandler))
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.begin(); err != shell.ErrNoFolder {
		t.Errorf("got %v", err)
	}
	if err := os.Rename(folder+".away", folder); err != nil {
		t.Fatal(err)
	}
}
