package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestMigrate(t *testing.T) {
	folder := t.TempDir()
	db := open(t, folder)
	defer db.Close()
	addAccount(t, db, "acme")
	copied := db.b.Path() + ".schema-3"
	rename := func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketNames).Get([]byte("acme"))
		return errors.Join(tx.Bucket(bucketNames).Put([]byte("acme2"), v), tx.Bucket(bucketNames).Delete([]byte("acme")))
	}
	fail := func(*bbolt.Tx) error { return errors.New("no") }
	with := func(more ...migration) []migration { return append(slices.Clone(migrations), more...) }

	if err := prepare(db.b, with(rename, fail)); err == nil || !strings.Contains(err.Error(), "migration from schema 4: no") {
		t.Fatalf("failing migration: %v", err)
	}
	if n, err := schema(db.b); n != 3 || err != nil {
		t.Fatalf("after a failed migration the schema is %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme"); err != nil {
		t.Fatalf("a failed migration changed the database: %v", err)
	}

	if err := prepare(db.b, with(rename)); err != nil {
		t.Fatal(err)
	}
	if n, err := schema(db.b); n != 4 || err != nil {
		t.Fatalf("the schema is %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme2"); err != nil {
		t.Fatal(err)
	}

	// The copy holds what was there before.
	old := filepath.Join(t.TempDir(), fileName)
	if err := os.Rename(copied, old); err != nil {
		t.Fatal(err)
	}
	before := open(t, filepath.Dir(old))
	defer before.Close()
	if _, err := before.AccountNamed("acme"); err != nil {
		t.Error(err)
	}
}

// A database of schema 2 is one of today's without the count of phones.
func TestMigrateFromSchema2(t *testing.T) {
	folder := t.TempDir()
	db := openHold(t, folder, time.Hour)
	acme := addAccount(t, db, "acme")
	phones := store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID}
	for mac := range (macaddr.Range{First: macaddr.MustParse("000413000000"), Last: macaddr.MustParse("0004130007CF")}).All() {
		phones.Changes = append(phones.Changes, store.Change{MAC: mac})
	}
	carryOut(t, db, phones)
	phones.Rule, phones.Changes = store.RuleDeregister, phones.Changes[:100]
	carryOut(t, db, phones)
	err := db.b.Update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.Bucket(bucketMeta).Delete(keyPhones), putSchema(tx, 2))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	db = openHold(t, folder, time.Hour)
	defer db.Close()
	if n, err := db.CountPhones(); err != nil || n != 1900 {
		t.Errorf("%d phones, %v", n, err)
	}
	if n, err := schema(db.b); n != 3 || err != nil {
		t.Errorf("the schema is %d, %v", n, err)
	}
}

// The file of schema 1 is written out by hand: it has to be read whatever
// becomes of the functions that once wrote it.
func TestMigrateFromSchema1(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, fileName)
	b, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	own, follows := "\x00\x04\x13\x22\x02\xE4", "\x00\x04\x13\x24\x12\x14"
	record := string(binary.AppendVarint([]byte{2}, 1_700_000_000))
	err = b.Update(func(tx *bbolt.Tx) error {
		for bucket, records := range map[string]map[string]string{
			"meta": {"schema": "1"},
			"accounts": {
				"\x00\x00\x00\x01": `{"name":"admin","role":"operator","created":"2025-01-02T03:04:05Z"}`,
				"\x00\x00\x00\x02": `{"name":"acme","role":"partner","company":"ACME","created":"2025-01-02T03:04:06Z"}`,
			},
			"names":   {"admin": "\x00\x00\x00\x01", "acme": "\x00\x00\x00\x02"},
			"servers": {"\x00\x00\x00\x02": "http://prov.acme.example/{mac}"},
			"phones":  {own: record + "http://own.example/", follows: record},
			"owned":   {"\x00\x00\x00\x02" + own: "", "\x00\x00\x00\x02" + follows: ""},
		} {
			made, err := tx.CreateBucket([]byte(bucket))
			if err != nil {
				return err
			}
			for k, v := range records {
				if err := made.Put([]byte(k), []byte(v)); err != nil {
					return err
				}
			}
			if bucket == "accounts" {
				if err := made.SetSequence(2); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}

	db := openHold(t, folder, time.Hour)
	defer func() { db.Close() }()
	second := macaddr.MustParse("000413241214")
	for mac, want := range map[macaddr.Addr]string{testMAC: "http://own.example/", second: "http://prov.acme.example/{mac}"} {
		if url, err := db.SettingServer(mac); err != nil || url.String() != want {
			t.Errorf("%v is sent to %v, %v; want %s", mac, url, err, want)
		}
		if p, err := db.Phone(mac); err != nil || p.Owner != 2 || p.Registered.Unix() != 1_700_000_000 || p.Held() {
			t.Errorf("%+v, %v", p, err)
		}
	}
	acme, err := db.AccountNamed("acme")
	if err != nil || acme.ID != 2 || acme.Company != "ACME" {
		t.Errorf("%+v, %v", acme, err)
	}
	if page, err := db.Phones(acme.ID, macaddr.Addr{}, 9); err != nil || len(page) != 2 {
		t.Errorf("%+v, %v", page, err)
	}
	if n, err := db.CountPhones(); err != nil || n != 2 {
		t.Errorf("%d phones, %v", n, err)
	}

	// What is new works on it.
	if all, err := db.History(0, macaddr.Addr{}, store.Mark{}, 9); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	upload, err := db.BeginJob(store.Job{Account: acme.ID})
	if err != nil {
		t.Fatal(err)
	}
	carryOut(t, db, store.Batch{Audit: store.Audit{Actor: acme.ID}, Rule: store.RuleDeregister, Changes: []store.Change{{MAC: testMAC}}, Job: &upload})
	if bravo := addAccount(t, db, "bravo"); bravo.ID != 3 {
		t.Errorf("the next number is %d", bravo.ID)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openHold(t, folder, time.Hour)
	if p, err := db.Phone(testMAC); err != nil || !p.Held() {
		t.Errorf("%+v, %v", p, err)
	}
	if n, err := db.CountPhones(); err != nil || n != 1 {
		t.Errorf("%d phones, %v", n, err)
	}
	if all, err := db.History(0, macaddr.Addr{}, store.Mark{}, 9); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := db.Jobs(acme.ID); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}

	// The copy beside it is as it was, and private.
	info, err := os.Stat(file + ".schema-1")
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the copy has mode %o", got)
	}
	old, err := bbolt.Open(file+".schema-1", 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if n, err := schema(old); n != 1 || err != nil {
		t.Errorf("the copy has schema %d, %v", n, err)
	}
	err = old.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketHolds) != nil || tx.Bucket(bucketPhones).Get([]byte(own)) == nil {
			t.Error("the copy is not what was there before")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
