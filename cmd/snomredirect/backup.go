package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"snomredirect/sshconsole/shell"
	"snomredirect/store/bolt"
	"snomredirect/store/snapshot"
)

const (
	lastBackupName = "last_backup" // the time of the last backup, as RFC 3339
	copyPrefix     = ".backup-"    // of a copy of the database
)

// backups makes the archives of BACKUP, one at a time, and remembers the last one that
// was sent.
type backups struct {
	folder  string
	copy    func(file string) error // of the database, to a new file
	log     *slog.Logger
	running sync.Mutex // locked from the beginning of an archive to its Close
	last    atomic.Pointer[time.Time]
	// patience is how long a client may read nothing of its archive: another backup can
	// begin only when this one has ended.
	patience time.Duration
}

// openBackups deletes what a process that died may have left, and reads when the last
// backup was made.
func openBackups(folder string, copy func(file string) error, log *slog.Logger) *backups {
	b := &backups{folder: folder, copy: copy, log: log, patience: 5 * time.Minute}
	if err := b.tidy(); err != nil {
		log.Warn("a copy of the database that an interrupted backup left can't be deleted", "error", err)
	}
	b.last.Store(&time.Time{})
	text, err := os.ReadFile(filepath.Join(folder, lastBackupName))
	if err == nil {
		var last time.Time
		if last, err = time.Parse(time.RFC3339, strings.TrimSpace(string(text))); err == nil {
			b.last.Store(&last)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the time of the last backup can't be read and counts as none", "error", err)
	}
	return b
}

// tidy deletes copies of the database that are left.
func (b *backups) tidy() error {
	entries, err := os.ReadDir(b.folder)
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), copyPrefix) {
			err = errors.Join(err, os.Remove(filepath.Join(b.folder, e.Name())))
		}
	}
	return err
}

// Last returns when the database was copied for the last backup that was sent whole, or
// the zero time.
func (b *backups) Last() time.Time { return *b.last.Load() }

// begin makes an archive. Another one can begin when that is closed.
func (b *backups) begin() (shell.Archive, error) {
	if !b.running.TryLock() {
		return nil, shell.ErrBackupRuns
	}
	a, ready := &archive{backups: b}, false
	defer func() {
		if !ready { // it failed or panicked
			_ = a.Close()
		}
	}()
	switch err := a.prepare(); {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return nil, shell.ErrDiskFull
	case errors.Is(err, fs.ErrNotExist):
		a.log.Error("backup", "error", err)
		return nil, shell.ErrNoFolder
	case errors.Is(err, syscall.EROFS):
		return nil, shell.ErrReadOnly
	case err != nil:
		return nil, err
	}
	ready = true
	return a, nil
}

// An archive is a copy of the database, and the keys of the data folder.
type archive struct {
	*backups
	copied   *os.File // nil before it is made
	report   bolt.Report
	manifest snapshot.Manifest
	stalled  *time.Timer // hangs up on the client, if it is being written
	sources  []snapshot.Source
}

func (a *archive) prepare() (err error) {
	made := time.Now()
	file := filepath.Join(a.folder, copyPrefix+rand.Text())
	if err := a.copy(file); err != nil {
		return err
	}
	if a.report, err = bolt.Check(file); err == nil {
		a.copied, err = os.Open(file)
	}
	// What is open can be read without its name, and is gone as soon as it is closed,
	// even if the process dies.
	if err := errors.Join(err, os.Remove(file)); err != nil {
		return err
	}
	if a.report.Unfinished {
		return shell.ErrUnfinished
	}
	if a.report.Found > 0 {
		a.log.Error("the database has problems, and is not backed up", "problems", a.report.Found, "first", a.report.Problems[0])
		return shell.ErrDamaged
	}
	a.sources = []snapshot.Source{{Name: snapshot.Database, Content: a.copied}}
	for _, name := range snapshot.Names {
		if name == snapshot.Database {
			continue
		}
		text, err := os.ReadFile(filepath.Join(a.folder, name))
		if errors.Is(err, fs.ErrNotExist) { // without a host key, Describe fails
			continue
		}
		if err != nil {
			return err
		}
		a.sources = append(a.sources, snapshot.Source{Name: name, Content: bytes.NewReader(text)})
	}
	version, _ := built()
	a.manifest, err = snapshot.Describe(version, a.report.Schema, made, a.sources)
	return err
}

// Contents implements [shell.Archive].
func (a *archive) Contents() (accounts, phones int, bytes int64) {
	for _, f := range a.manifest.Files {
		bytes += f.Size
	}
	return a.report.Accounts, a.report.Phones, bytes
}

// Write implements [shell.Archive].
func (a *archive) Write(w io.Writer, hangUp func()) error {
	a.stalled = time.AfterFunc(a.patience, hangUp)
	return a.manifest.Write(writerFunc(func(p []byte) (int, error) {
		defer a.stalled.Reset(a.patience)
		return w.Write(p)
	}), a.sources)
}

// A writerFunc is a function as an io.Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Sent implements [shell.Archive].
func (a *archive) Sent() error {
	made := a.manifest.Made
	if err := writeDurable(filepath.Join(a.folder, lastBackupName), []byte(made.Format(time.RFC3339)+"\n")); err != nil {
		return err
	}
	a.last.Store(&made)
	return nil
}

// Close implements [shell.Archive].
func (a *archive) Close() error {
	defer a.running.Unlock()
	if a.stalled != nil {
		a.stalled.Stop()
	}
	if a.copied == nil {
		return nil
	}
	return a.copied.Close()
}
