package bolt

import (
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// putTestHold writes a hold of a phone that was never registered.
func putTestHold(t *testing.T, db *DB, mac macaddr.Addr, until time.Time) {
	t.Helper()
	err := db.b.Update(func(tx *bbolt.Tx) error {
		return newCounts(draft{}).putHold(&writeTx{Tx: tx}, store.Phone{MAC: mac, Owner: 1, HeldUntil: until})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func drop(t *testing.T, db *DB, now time.Time, limit int) {
	t.Helper()
	if err := db.b.Update(func(tx *bbolt.Tx) error { return newCounts(draft{}).dropHolds(&writeTx{Tx: tx}, now, limit) }); err != nil {
		t.Fatal(err)
	}
}

func heldUntil(t *testing.T, db *DB, mac macaddr.Addr) (until time.Time) {
	t.Helper()
	err := db.b.View(func(tx *bbolt.Tx) error {
		p, err := getHold(tx, mac)
		until = p.HeldUntil
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return until
}

func TestExpiredHoldsAreDropped(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	mac := func(i int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("00041300%04X", i)) }
	for i := range 10 {
		putTestHold(t, db, mac(9-i), newYear.Add(time.Duration(i)*time.Second))
	}
	left := func(holds, ends int) {
		t.Helper()
		if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != holds || e != ends {
			t.Errorf("%d holds and %d ends are left, want %d and %d", h, e, holds, ends)
		}
	}
	drop(t, db, newYear.Add(-time.Nanosecond), 99)
	left(10, 10)
	drop(t, db, newYear, 99)
	left(9, 9)
	drop(t, db, newYear.Add(5*time.Second+time.Second/2), 3)
	left(6, 6)
	drop(t, db, newYear.Add(5*time.Second+time.Second/2), 99)
	left(4, 4)
	for i := range 10 {
		if held := !heldUntil(t, db, mac(i)).IsZero(); held != (i < 4) {
			t.Errorf("phone %d: on hold is %v, want %v", i, held, i < 4)
		}
	}
	drop(t, db, newYear.Add(time.Hour), 99)
	left(0, 0)
}

// The end of an old hold does not drop a newer hold of the same phone.
func TestOldEndDropsNothing(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	putTestHold(t, db, testMAC, newYear)
	putTestHold(t, db, testMAC, newYear.Add(time.Hour)) // the first one has expired but was not dropped
	drop(t, db, newYear.Add(time.Minute), 99)
	if until := heldUntil(t, db, testMAC); !until.Equal(newYear.Add(time.Hour)) {
		t.Errorf("on hold until %v", until)
	}
	if n := count(t, db, bucketHoldEnds); n != 1 {
		t.Errorf("%d ends", n)
	}
	drop(t, db, newYear.Add(2*time.Hour), 99)
	if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != 0 || e != 0 {
		t.Errorf("%d holds and %d ends are left", h, e)
	}
}

// A hold that ends early, by REGISTER or FREE, leaves nothing to drop.
func TestEndedHoldsLeaveNothing(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	olga, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "olga", Role: store.Operator})
	if err != nil {
		t.Fatal(err)
	}
	for n, end := range []store.Rule{store.RuleRegister, store.RuleFree} {
		mac := macaddr.MustParse(fmt.Sprintf("F8E7D60000%02X", n))
		mustChange(t, db, register(a.ID, store.URL{}, mac))
		for i, rule := range []store.Rule{store.RuleDeregister, end} {
			b := register(a.ID, store.URL{}, mac)
			b.Rule = rule
			if rule == store.RuleFree {
				b.Audit.Actor = olga.ID
			}
			mustChange(t, db, b)
			if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != 1-i || e != 1-i {
				t.Errorf("after rule %d: %d holds and %d ends", rule, h, e)
			}
		}
	}
}

// Every batch drops more holds than it can add, but not all of them at once.
func TestHoldsDontPileUp(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range 200 {
			p := store.Phone{MAC: macaddr.MustParse(fmt.Sprintf("F8E7D60000%02X", i)), Owner: a.ID, HeldUntil: past}
			if err := newCounts(draft{}).putHold(&writeTx{Tx: tx}, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	held := 0 // which end later
	for before := 200; before > 0; {
		mac := macaddr.MustParse(fmt.Sprintf("F8E7D60001%02X", held))
		mustChange(t, db, register(a.ID, store.URL{}, mac))
		b := register(a.ID, store.URL{}, mac)
		b.Rule = store.RuleDeregister
		mustChange(t, db, b)
		held++
		expired := count(t, db, bucketHoldEnds) - held
		if expired >= before || expired < before-50 {
			t.Fatalf("%d expired holds became %d, want some fewer but not all dropped at once", before, expired)
		}
		before = expired
	}
	if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != held || e != held {
		t.Errorf("%d holds and %d ends are left", h, e)
	}
}

// A phone that is on hold again before its ended hold was dropped has one end, as in a
// replica, which knows only its hold.
func TestHeldAgainHasOneEnd(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	a := addAccount(t, db, "acme")
	err := db.b.Update(func(b *bbolt.Tx) error {
		tx, n := &writeTx{Tx: b}, newCounts(draft{})
		for i := range 3 {
			if err := n.putHold(tx, store.Phone{MAC: testMAC, Owner: a.ID, HeldUntil: newYear.Add(time.Duration(i) * time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if holds, ends := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); holds != 1 || ends != 1 {
		t.Errorf("%d holds, %d ends", holds, ends)
	}
}
