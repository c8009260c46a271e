package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// Records that are wrong are reported by name, and their database is not compacted.
func TestCheckStoreReportsProblems(t *testing.T) {
	folder := t.TempDir()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.AddAccount(store.Audit{}, false, store.Account{Name: "acme"})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := bbolt.Open(bolt.DatabaseFile(folder), 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(tx *bbolt.Tx) error {
		names := tx.Bucket([]byte("names"))
		err := names.Delete([]byte("acme"))
		for i := range 150 {
			err = errors.Join(err, names.Put(fmt.Append(nil, "none", i), []byte{0, 0, 0, 9}))
		}
		return err
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}

	var stdout, stderr bytes.Buffer
	out := output{&stdout, &stderr}
	err = run(t.Context(), []string{"check-store", "--data", folder}, out)
	if want := "the database has 151 problems: keep a copy of the folder, and restore a backup"; err == nil || !strings.HasSuffix(err.Error(), want) || errors.Is(err, errUsage) {
		t.Errorf("%v, want %s", err, want)
	}
	for _, want := range []string{
		"\nAccounts:        1\n",
		"\nProblem: acme is not found by its name\n",
		"\nProblem: the name \"none17\" is that of account 9, which does not exist\n",
		"\nProblem: 51 more\n",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("printed %s, want %q", stdout.String(), want)
		}
	}
	if n := strings.Count(stdout.String(), "Problem: "); n != 101 || strings.Contains(stdout.String(), "no problems") {
		t.Errorf("%d problems printed", n)
	}

	stdout.Reset()
	err = run(t.Context(), []string{"compact", "--data", folder}, out)
	if want := "the database has problems: see snomredirect check-store"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if stdout.Len() > 0 {
		t.Errorf("printed %s", &stdout)
	}
}
