package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"snomredirect/store/bolt"
)

func TestCompactIsInterrupted(t *testing.T) {
	folder := t.TempDir()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	errClose := db.Close()
	before, err := os.ReadFile(bolt.DatabaseFile(folder))
	if err := errors.Join(err, errClose); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	err = run(ctx, []string{"compact", "--data", folder}, output{&stdout, &stderr})
	if want := "interrupted: the database is as it was"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if after, err := os.ReadFile(bolt.DatabaseFile(folder)); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database was changed: %v", err)
	}
}
