package bolt

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	backup := db.b.name + ".schema-8"
	rename := func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketNames).Get([]byte("acme"))
		return errors.Join(tx.Bucket(bucketNames).Put([]byte("acme2"), v), tx.Bucket(bucketNames).Delete([]byte("acme")))
	}
	fail := func(*bbolt.Tx) error { return errors.New("no") }
	with := func(more ...migration) []migration { return append(slices.Clone(migrations), more...) }

	if err := prepare(db.b, with(rename, fail)); err == nil || !strings.Contains(err.Error(), "migration from schema 9: no") {
		t.Fatalf("failing migration: %v", err)
	}
	if n, err := schema(db.b); n != 8 || err != nil {
		t.Fatalf("after a failed migration: schema %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme"); err != nil {
		t.Fatalf("a failed migration changed the database: %v", err)
	}

	if err := prepare(db.b, with(rename)); err != nil {
		t.Fatal(err)
	}
	if n, err := schema(db.b); n != 9 || err != nil {
		t.Fatalf("schema %d, %v", n, err)
	}
	if _, err := db.AccountNamed("acme2"); err != nil {
		t.Fatal(err)
	}

	// The backup has the old content.
	old := filepath.Join(t.TempDir(), fileName)
	if err := os.Rename(backup, old); err != nil {
		t.Fatal(err)
	}
	before := open(t, filepath.Dir(old))
	defer before.Close()
	if _, err := before.AccountNamed("acme"); err != nil {
		t.Error(err)
	}
}

// A database of schema 3 has one bucket of history and neither usage of accounts nor claims; one
// of schema 2 also has no count of phones.
func TestMigrateWithoutCounts(t *testing.T) {
	for _, from := range []int{2, 3} {
		migrateWithoutCounts(t, from)
	}
}

func migrateWithoutCounts(t *testing.T, from int) {
	folder := t.TempDir()
	db := openHold(t, folder, time.Hour)
	acme := addAccount(t, db, "acme")
	b := store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID}
	for mac := range (macaddr.Range{First: macaddr.MustParse("000413000000"), Last: macaddr.MustParse("00041300270F")}).All() {
		b.Changes = append(b.Changes, store.Change{MAC: mac})
	}
	mustChange(t, db, b)
	b.Rule, b.Changes = store.RuleDeregister, b.Changes[:100]
	mustChange(t, db, b)
	setQuota := func(n int) {
		t.Helper()
		if _, err := db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Quota = n; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	setQuota(20_000)
	mustChange(t, db, store.Batch{Audit: store.Audit{Actor: acme.ID}, Owner: acme.ID, Changes: []store.Change{{MAC: testMAC}}})
	setQuota(0) // there were no quotas, and it has one phone more than the default
	bravo := addAccount(t, db, "bravo")
	err := db.b.Update(func(tx *bbolt.Tx) error {
		err := asSchema3(tx)
		if from == 2 {
			err = errors.Join(err, tx.Bucket(bucketMeta).Delete(keyPhones))
		}
		return errors.Join(err, putSchema(tx, from))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	db = openHold(t, folder, time.Hour)
	defer db.Close()
	if n, err := db.CountPhones(); err != nil || n != 9901 {
		t.Errorf("%d phones, %v", n, err)
	}
	if u, err := db.Usage(acme.ID); err != nil || u != (store.Usage{Phones: 9901, Held: 100, Quota: 20_002}) {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := db.Usage(bravo.ID); err != nil || u != (store.Usage{Quota: store.DefaultQuota}) {
		t.Errorf("%+v, %v", u, err)
	}
	if all, err := db.Claims(); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if n, err := schema(db.b); n != 8 || err != nil {
		t.Errorf("schema %d, %v", n, err)
	}
}

// asSchema3 makes a database of schema 8 without files and API keys one of schema 3, but for the number.
func asSchema3(tx *bbolt.Tx) error {
	err := errors.Join(unclassify(tx), tx.DeleteBucket(bucketUsage), tx.DeleteBucket(bucketClaims))
	for _, name := range schema5 {
		err = errors.Join(err, tx.DeleteBucket(name))
	}
	return err
}

// unclassify makes one bucket of all histories, as it was up to schema 3.
func unclassify(tx *bbolt.Tx) error {
	all := tx.Bucket(bucketHistory)
	var errs []error
	for _, name := range [][]byte{bucketHistoryAccounts, bucketHistoryStrangers} {
		errs = append(errs, tx.Bucket(name).ForEach(all.Put), tx.DeleteBucket(name))
	}
	c := tx.Bucket(bucketHistorySizes).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		errs = append(errs, tx.Bucket(bucketHistorySizes).Put(k, []byte{9, 9}))
	}
	return errors.Join(errs...)
}

// Schema 4 divides the histories into classes, and changes no entry.
func TestMigrateHistories(t *testing.T) {
	folder := t.TempDir()
	db := openHold(t, folder, time.Hour)
	acme, bravo := addAccount(t, db, "acme"), addAccount(t, db, "bravo")
	register := store.Batch{Audit: store.Audit{Actor: acme.ID, Name: "acme", Command: "REGISTER"}, Owner: acme.ID, Changes: []store.Change{{MAC: testMAC}}}
	mustChange(t, db, register)
	_, err := db.UpdateAccount(store.Audit{Name: "acme", Command: "SERVER"}, false, acme.ID, func(a *store.Account) error {
		a.SettingServer = store.RestoreURL("http://b.example/")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.b.Update(func(tx *bbolt.Tx) error {
		return putEntry(&writeTx{Tx: tx}, store.Entry{Account: bravo.ID, Audit: store.Audit{Command: store.CommandScan},
			MACs: []macaddr.Range{{First: testMAC, Last: testMAC}}}, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.History(0, macaddr.Addr{}, store.Mark{}, 99)
	if err != nil || len(before) != 5 {
		t.Fatalf("%+v, %v", before, err)
	}
	err = db.b.Update(func(tx *bbolt.Tx) error { return errors.Join(asSchema3(tx), putSchema(tx, 3)) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	db = openHold(t, folder, time.Hour)
	defer db.Close()
	after, err := db.History(0, macaddr.Addr{}, store.Mark{}, 99)
	if err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, %v; want %+v", after, err, before)
	}
	if n, _ := checkSizes(t, db, acme.ID); n != 3 {
		t.Errorf("%d entries", n)
	}
}

// A database of schema 1, written out by hand: this program must read it even if
// the functions that once wrote it change.
const (
	schema1Admin   = "\x00\x00\x00\x01"
	schema1Acme    = "\x00\x00\x00\x02"
	schema1Own     = "\x00\x04\x13\x22\x02\xE4" // testMAC, with a URL of its own
	schema1Follows = "\x00\x04\x13\x24\x12\x14" // follows its account
)

func writeSchema1(t *testing.T, file string) {
	t.Helper()
	b, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	phone := string(binary.AppendVarint([]byte{2}, 1_700_000_000)) // owner, registered
	err = b.Update(func(tx *bbolt.Tx) error {
		for name, records := range map[string]map[string]string{
			"meta": {"schema": "1"},
			"accounts": {
				schema1Admin: `{"name":"admin","role":"operator","created":"2025-01-02T03:04:05Z"}`,
				schema1Acme:  `{"name":"acme","role":"partner","company":"ACME","created":"2025-01-02T03:04:06Z"}`,
			},
			"names":   {"admin": schema1Admin, "acme": schema1Acme},
			"servers": {schema1Acme: "http://prov.acme.example/{mac}"},
			"phones":  {schema1Own: phone + "http://own.example/", schema1Follows: phone},
			"owned":   {schema1Acme + schema1Own: "", schema1Acme + schema1Follows: ""},
		} {
			bucket, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			for k, v := range records {
				if err := bucket.Put([]byte(k), []byte(v)); err != nil {
					return err
				}
			}
		}
		return tx.Bucket([]byte("accounts")).SetSequence(2)
	})
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestMigrateFromSchema1(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, fileName)
	writeSchema1(t, file)
	db := openHold(t, folder, time.Hour)
	defer func() { db.Close() }()
	checkSchema1Phones(t, db)

	// What later schemas added works on it.
	acme, err := db.AccountNamed("acme")
	if err != nil || acme.ID != 2 || acme.Company != "ACME" {
		t.Errorf("%+v, %v", acme, err)
	}
	if all, err := db.History(0, macaddr.Addr{}, store.Mark{}, 9); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	job, err := db.BeginJob(store.Job{Account: acme.ID})
	if err != nil {
		t.Fatal(err)
	}
	mustChange(t, db, store.Batch{Audit: store.Audit{Actor: acme.ID}, Rule: store.RuleDeregister, Changes: []store.Change{{MAC: testMAC}}, Job: &job})
	if bravo := addAccount(t, db, "bravo"); bravo.ID != 3 {
		t.Errorf("the next account has ID %d, want 3", bravo.ID)
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
	checkSchema1Backup(t, file+".schema-1")
}

// checkSchema1Phones checks that db has the phones of writeSchema1.
func checkSchema1Phones(t *testing.T, db *DB) {
	t.Helper()
	follows := macaddr.MustParse("000413241214")
	for mac, want := range map[macaddr.Addr]string{testMAC: "http://own.example/", follows: "http://prov.acme.example/{mac}"} {
		if r, err := db.Redirection(mac); err != nil || r.URL.String() != want || r.Owner != 2 {
			t.Errorf("%v: %v, %v; want %s", mac, r, err, want)
		}
		if p, err := db.Phone(mac); err != nil || p.Owner != 2 || p.Registered.Unix() != 1_700_000_000 || p.Held() {
			t.Errorf("%+v, %v", p, err)
		}
	}
	if page, err := db.Phones(2, macaddr.Addr{}, 9); err != nil || len(page) != 2 {
		t.Errorf("%+v, %v", page, err)
	}
	if n, err := db.CountPhones(); err != nil || n != 2 {
		t.Errorf("%d phones, %v", n, err)
	}
}

// checkSchema1Backup checks that a file is private and still of schema 1.
func checkSchema1Backup(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the backup has mode %o", mode)
	}
	b, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if n, err := schema(b); n != 1 || err != nil {
		t.Errorf("the backup has schema %d, %v", n, err)
	}
	_ = b.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketHolds) != nil || tx.Bucket(bucketPhones).Get([]byte(schema1Own)) == nil {
			t.Error("the backup differs from the original")
		}
		return nil
	})
}
