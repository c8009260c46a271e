package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A copy that is made while phones are registered is a whole database of one moment.
func TestCopy(t *testing.T) {
	db, err := Open(t.TempDir(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	acme, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/")})
	if err != nil {
		t.Fatal(err)
	}
	register := func(i int) error {
		mac := macaddr.MustParse(fmt.Sprintf("00041322%04X", i))
		_, err := db.Change(store.Batch{Audit: store.Audit{Actor: acme.ID}, Rule: store.RuleRegister, Owner: acme.ID, Changes: []store.Change{{MAC: mac}}})
		return err
	}
	if err := register(0); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := register(i); err != nil {
				stopped <- err
				return
			}
		}
	}()
	var copies []string
	for range 5 {
		folder := filepath.Join(t.TempDir(), "copy")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := db.Copy(filepath.Join(folder, fileName)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, folder)
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, folder := range copies {
		if info, err := os.Stat(filepath.Join(folder, fileName)); err != nil || info.Mode() != 0o600 {
			t.Errorf("mode: %v, %v", info.Mode(), err)
		}
		copied, err := Open(folder, Config{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := copied.CountPhones()
		phones, listErr := copied.Phones(acme.ID, macaddr.Addr{}, 1<<20)
		if err := errors.Join(err, listErr, copied.Close()); err != nil || n != len(phones) || n < max(last, 1) {
			t.Errorf("%d phones counted, %d listed, %d in the copy before, %v", n, len(phones), last, err)
		}
		last = n
	}
}

// A copy that fails leaves nothing, and replaces nothing.
func TestCopyFails(t *testing.T) {
	db, err := Open(t.TempDir(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Copy(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto a file: %v", err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file has %q, %v", text, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "file")
	if err := db.Copy(file); err == nil {
		t.Error("a closed database was copied")
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}

// A disk that is full is reported as such.
func TestCopyToFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("a device that is always full is needed to run this test: %v", err)
	}
	defer full.Close()
	db, err := Open(t.TempDir(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.copyTo(full); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
}
