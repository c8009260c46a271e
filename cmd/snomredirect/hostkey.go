package main

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"snomredirect/store/bolt"
	"snomredirect/store/snapshot"
)

// loadHostKey reads the console's host key from a file. If the file is missing,
// it makes an ed25519 key and writes it there first, because clients remember
// the key. A file that contains no key is an error and stays as it is.
func loadHostKey(file string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = newHostKey(); err == nil {
			err = writeDurable(file, text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("host key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("host key %s: %w", file, err)
	}
	return key, nil
}

// checkNotLost returns an error if a folder has a host key and no database: the database
// is always made first, so it is lost, and with a new one all phones would be.
func checkNotLost(folder string) error {
	if _, err := os.Stat(filepath.Join(folder, snapshot.HostKey)); err != nil {
		return nil
	}
	info, err := os.Stat(bolt.DatabaseFile(folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > 0 {
		return nil // opening it tells more
	}
	return fmt.Errorf("data folder %s: it has %s, but its database is missing or empty: restore a backup into another folder, or move that file away to start with no phones", folder, snapshot.HostKey)
}

// openHostKey reads the console's host key. With several nodes, they all have the same.
func (v *service) openHostKey(ctx context.Context) (ssh.Signer, error) {
	file := filepath.Join(v.flags.Data, snapshot.HostKey)
	if v.node != nil {
		if _, err := v.sharedFile(ctx, "ssh", file, newHostKey); err != nil {
			return nil, fmt.Errorf("host key: %w", err)
		}
	}
	return loadHostKey(file)
}

func newHostKey() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "snomredirect")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}
