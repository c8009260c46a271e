package bolt

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestDamagedRecordsAreErrors(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a, other := addAccount(t, db, "acme"), addAccount(t, db, "other")
	held, expired := macaddr.MustParse("0004132202E5"), macaddr.MustParse("0004132202E6")
	b, h, e := testMAC.As6(), held.As6(), expired.As6()
	damage := func(f func(*bbolt.Tx) error) {
		t.Helper()
		if err := db.b.Update(f); err != nil {
			t.Fatal(err)
		}
	}
	damage(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketPhones).Put(b[:], []byte{0xFF}),
			tx.Bucket(bucketOwned).Put(ownedKey(a.ID, testMAC), nil),
			tx.Bucket(bucketHolds).Put(h[:], append(binary.AppendVarint([]byte{1}, 1e9), retaken)),
			tx.Bucket(bucketJobs).Put(append(accountKey(a.ID), 0, 0, 0, 0, 0, 0, 0, 1), []byte("[")),
			tx.Bucket(bucketHistory).Put(entryKey(store.Mark{Account: a.ID, Begun: 1}), []byte{200, '{'}))
	})
	_, errServer := db.Redirection(testMAC)
	_, errPhone := db.Phone(testMAC)
	_, errPhones := db.Phones(0, macaddr.Addr{}, 9)
	_, errOwned := db.Phones(a.ID, macaddr.Addr{}, 9)
	_, errHeld := db.Phone(held)
	by := store.Audit{Actor: other.ID}
	_, errChange := db.Change(store.Batch{Audit: by, Rule: store.RuleRegister, Owner: other.ID, Changes: []store.Change{{MAC: testMAC}}})
	_, errHold := db.Change(store.Batch{Audit: by, Rule: store.RuleRegister, Owner: other.ID, Changes: []store.Change{{MAC: held}}})
	for i, err := range []error{errServer, errPhone, errPhones, errOwned, errHeld, errChange, errHold} {
		if err != errRecord {
			t.Errorf("%d: %v, want %v", i, err, errRecord)
		}
	}
	damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyPhones, []byte("-1")) })
	if n, err := db.CountPhones(); err == nil {
		t.Errorf("%d phones", n)
	}
	_, errOne := db.History(a.ID, macaddr.Addr{}, store.Mark{}, 9)
	_, errAll := db.History(0, macaddr.Addr{}, store.Mark{}, 9)
	_, errMAC := db.History(0, testMAC, store.Mark{}, 9)
	for i, err := range []error{errOne, errAll, errMAC} {
		if err != errEntry {
			t.Errorf("%d: %v, want %v", i, err, errEntry)
		}
	}
	if all, err := db.Jobs(a.ID); err == nil {
		t.Errorf("damaged job: %v", all)
	}

	// Damaged holds and sizes are not skipped either.
	set := func(c *store.Account) error { c.Company += "x"; return nil }
	damage(func(tx *bbolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketHolds).Put(e[:], []byte{0}),
			tx.Bucket(bucketHoldEnds).Put(holdEnd(time.Unix(1e9, 0), expired), nil))
	})
	if _, err := db.Change(store.Batch{Audit: by, Owner: other.ID}); !errors.Is(err, errRecord) {
		t.Errorf("damaged expired hold: %v", err)
	}
	for _, v := range [][]byte{{}, {0x80}, {1}, {1, 0x80}} {
		damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketHistorySizes).Put(accountKey(other.ID), v) })
		if _, err := db.UpdateAccount(store.Audit{}, false, other.ID, set); err != errEntry {
			t.Errorf("damaged sizes %x: %v", v, err)
		}
	}

	damage(func(tx *bbolt.Tx) error { return tx.Bucket(bucketAccounts).Put(accountKey(a.ID), []byte("{")) })
	if _, err := db.AccountNamed("acme"); err == nil || errors.Is(err, store.ErrNoAccount) {
		t.Errorf("damaged account: %v", err)
	}
}

func FuzzDecodePhone(f *testing.F) {
	b := testMAC.As6()
	f.Add(appendPhone(nil, store.Phone{MAC: testMAC, Owner: 7, URL: store.RestoreURL("http://a/"), Registered: time.Unix(1e9, 0)}))
	f.Add(appendPhone(nil, store.Phone{MAC: testMAC, Owner: 7, Retaken: true, Note: "desk 4", URL: store.RestoreURL("http://a/"), Registered: time.Unix(1e9, 0)}))
	f.Add(appendPhone(nil, store.Phone{MAC: testMAC, Owner: 7, Note: "desk 4", HeldUntil: time.Unix(1e9, 0)}))
	f.Add([]byte{7, 2, noted, 0})
	f.Add([]byte{7, 2, noted, 9, 'x'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, v []byte) {
		held, errHold := decodeHold(b[:], v)
		p, err := decodePhone(b[:], v)
		if (errHold == nil) != (err == nil && !p.Retaken) {
			t.Fatalf("%x: %+v, %v; on hold %v", v, p, err, errHold)
		}
		if errHold == nil {
			if back, err := decodeHold(b[:], appendPhone(nil, held)); err != nil || back != held || !held.Held() {
				t.Fatalf("%x: %+v came back as %+v, %v", v, held, back, err)
			}
		}
		if err != nil {
			return
		}
		if back, err := decodePhone(b[:], appendPhone(nil, p)); err != nil || back != p {
			t.Fatalf("%x: %+v came back as %+v, %v", v, p, back, err)
		}
	})
}
