package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteDurable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	for _, text := range []string{"first", "second"} {
		if err := writeDurable(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("mode: %v, %v", info, err)
		}
	}

	// A failed write leaves the old content.
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.MkdirAll(filepath.Join(folder, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeDurable(folder, nil); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if err := writeDurable(filepath.Join(folder, "missing", "key"), nil); err == nil {
		t.Error("a file was written to a missing folder")
	}
	for _, dir := range []string{filepath.Dir(file), filepath.Dir(folder)} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: %v, %v, want one entry", dir, entries, err)
		}
	}
}
