package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"snomredirect/sshconsole/wording"
	"snomredirect/store/bolt"
	"snomredirect/store/snapshot"
)

type restore struct {
	File string `arg:"" help:"The archive that BACKUP wrote, or - for standard input."`
	Data string `default:"./data" placeholder:"FOLDER" help:"Restore to this folder (${default}). It must be empty, or not exist."`
}

// Run restores a data folder, or leaves it as it is.
func (r *restore) Run(ctx context.Context, out output) (err error) {
	name, from := r.File, io.Reader(os.Stdin)
	if r.File == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(r.File)
		if err != nil {
			return err
		}
		defer f.Close()
		from = f
	}
	archive, err := snapshot.NewReader(interruptible{ctx, from})
	if err == nil && archive.Manifest.Schema > bolt.Schema() {
		err = fmt.Errorf("%w (schema %d; this version reads up to %d)", snapshot.ErrNewer, archive.Manifest.Schema, bolt.Schema())
	}
	if errors.Is(err, snapshot.ErrNewer) {
		err = fmt.Errorf("%w: restore it with that version", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s, err := stage(r.Data)
	if err != nil {
		return fmt.Errorf("data folder %s: %w", r.Data, err)
	}
	defer func() { err = errors.Join(err, s.clean()) }()
	report, err := unpack(archive, s.folder)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted: nothing was restored")
	case isDiskError(err):
		return fmt.Errorf("data folder %s: nothing was restored: %w", r.Data, err)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := s.publish(archive.Manifest.Files); err != nil {
		return fmt.Errorf("data folder %s: %w", r.Data, err)
	}
	said := fmt.Sprintf("Restored to %s: %s and %s, as of %s.\n"+
		"Not in a backup: last contacts of phones, and the files that flags name, such as --tls-cert, --tls-key and --phone-ca.\n",
		r.Data, wording.Plural(report.Accounts, "account", "accounts"), wording.Plural(report.Phones, "phone", "phones"), wording.Timestamp(archive.Manifest.Made))
	if report.Replica {
		said += "The backup is that of a node of a cluster, and the folder that of a single machine: serve it without --etcd, or move it to an empty etcd with snomredirect move.\n"
	}
	_, err = io.WriteString(out.stdout, said)
	return err
}

// isDiskError reports whether err is about the disk and not about what is written to it.
func isDiskError(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EIO)
}

// unpack writes the files of an archive to an empty folder, checks the database and the
// host key, and compacts the database. That of a node of a cluster becomes that of a
// single machine.
func unpack(archive *snapshot.Reader, folder string) (r bolt.Report, err error) {
	if err := archive.Extract(folder); err != nil {
		return r, err
	}
	database := filepath.Join(folder, snapshot.Database)
	switch r, err = bolt.Check(database); {
	case err != nil:
		return r, fmt.Errorf("%s: %w", snapshot.Database, err)
	case r.Unfinished:
		return r, fmt.Errorf("the database: %w: restore another backup", bolt.ErrUnfinished)
	case r.Found > 0:
		return r, fmt.Errorf("the database has %s, such as %q: restore another backup", wording.Plural(r.Found, "problem", "problems"), r.Problems[0])
	case r.Schema != archive.Manifest.Schema:
		return r, fmt.Errorf("the database has schema %d, the manifest says %d", r.Schema, archive.Manifest.Schema)
	}
	if _, err := loadHostKey(filepath.Join(folder, snapshot.HostKey)); err != nil {
		return r, err
	}
	if err := bolt.Detach(database); err != nil {
		return r, fmt.Errorf("%s: %w", snapshot.Database, err)
	}
	compacted := filepath.Join(folder, "compacted")
	if err := bolt.Compact(database, compacted); err != nil {
		return r, err
	}
	return r, os.Rename(compacted, database)
}

// An interruptible reader ends with the error of a context.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
