package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestLoadHostKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	first, err := loadHostKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if first.PublicKey().Type() != ssh.KeyAlgoED25519 {
		t.Errorf("made a key of type %s", first.PublicKey().Type())
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info, err)
	}
	second, err := loadHostKey(file)
	if err != nil || !bytes.Equal(first.PublicKey().Marshal(), second.PublicKey().Marshal()) {
		t.Errorf("another key the second time: %v", err)
	}
	write(t, file, "nonsense")
	if _, err := loadHostKey(file); err == nil {
		t.Error("a file without a key was accepted or replaced")
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v, want one file", entries, err)
	}
}
