package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"snomredirect/sshconsole/wording"
	"snomredirect/store/bolt"
	"snomredirect/store/etcd"
	"snomredirect/store/snapshot"
)

type move struct {
	Data string `default:"./data" placeholder:"FOLDER" help:"Move the accounts and phones of this folder (${default})."`
	clusterFlags
	FromEtcd bool `name:"from-etcd" help:"Move those in etcd into the folder, which must be empty, or not exist."`
	DryRun   bool `name:"dry-run" help:"Only check whether it is possible, and print what would be moved."`
}

// Validate reports flags that can't work. Kong calls it.
func (m *move) Validate() error {
	if !m.on() {
		return errors.New("--etcd: expected URLs of etcd's members, such as https://etcd1.example.com:2379")
	}
	return m.validate()
}

// Run moves data between a folder and etcd.
func (m *move) Run(ctx context.Context, out output) (err error) {
	if err := m.checkFolder(); err != nil {
		return err
	}
	v, err := etcd.NewMove(ctx, m.Data, m.config("move"))
	if err != nil {
		return folderError(m.Data, err)
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	run := v.ToEtcd
	if m.FromEtcd {
		run = v.FromEtcd
	}
	records, err := run(ctx, m.DryRun)
	if err == nil && m.FromEtcd && !m.DryRun {
		err = m.keepKeys(ctx, v)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted: the same command goes on")
	case err != nil:
		return fmt.Errorf("data folder %s: %w", m.Data, err)
	}
	said := wording.Plural(records, "record", "records")
	switch {
	case m.DryRun:
		_, err = fmt.Fprintf(out.stdout, "Dry run: %s would be moved.\n", said)
	case m.FromEtcd:
		_, err = fmt.Fprintf(out.stdout, "Moved to %s: %s. Serve it without --etcd.\nNot moved: last contacts of phones, and api.key, which --sraps needs: copy it from a node.\n", m.Data, said)
	default:
		_, err = fmt.Fprintf(out.stdout, "Moved to etcd: %s. The folder %s is now that of a node: serve it with --etcd.\n", said, m.Data)
	}
	return err
}

// checkFolder checks that there is a database to move, or no folder that would be
// overwritten.
func (m *move) checkFolder() error {
	found, err := os.ReadDir(m.Data)
	_, errDatabase := os.Stat(bolt.DatabaseFile(m.Data))
	switch {
	case !m.FromEtcd && errDatabase != nil:
		return fmt.Errorf("data folder %s: %w", m.Data, bolt.ErrNoDatabase)
	case m.FromEtcd && err == nil && len(found) > 0 && errDatabase != nil:
		return fmt.Errorf("data folder %s: not empty: use another one", m.Data)
	}
	return nil
}

// keepKeys writes the keys that all nodes have in common, and then lets the folder be
// served.
func (m *move) keepKeys(ctx context.Context, v *etcd.Move) error {
	host, err := v.Shared(ctx, "ssh")
	if err == nil && host != nil {
		err = writeDurable(filepath.Join(m.Data, snapshot.HostKey), host)
	}
	if err != nil {
		return err
	}
	both, err := v.Shared(ctx, "rds")
	if err != nil {
		return err
	}
	if len(both) > 0 {
		if err := writeRDS(filepath.Join(m.Data, "rds"), both); err != nil {
			return err
		}
	}
	return v.Finish()
}

// writeRDS writes the self-signed certificate of --rds and its key to two files.
func writeRDS(base string, both []byte) error {
	first, rest := pem.Decode(both)
	if first == nil || len(bytes.TrimSpace(rest)) == 0 {
		return errors.New("etcd has a certificate for --rds that can't be read")
	}
	return cmp.Or(writeDurable(base+".key", rest), writeDurable(base+".pem", pem.EncodeToMemory(first)))
}
