package bolt

import (
	"fmt"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// hold writes a hold without a phone that was registered before.
func hold(t *testing.T, db *DB, mac macaddr.Addr, until time.Time) {
	t.Helper()
	err := db.b.Update(func(tx *bbolt.Tx) error { return putHold(tx, store.Phone{MAC: mac, Owner: 1, HeldUntil: until}) })
	if err != nil {
		t.Fatal(err)
	}
}

func drop(t *testing.T, db *DB, now time.Time, most int) {
	t.Helper()
	if err := db.b.Update(func(tx *bbolt.Tx) error { return dropHolds(tx, now, most) }); err != nil {
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

func TestHoldsThatAreOverAreDropped(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	mac := func(i int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("00041300%04X", i)) }
	for i := range 10 {
		hold(t, db, mac(9-i), newYear.Add(time.Duration(i)*time.Second))
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
			t.Errorf("%d is held: %v", i, held)
		}
	}
	drop(t, db, newYear.Add(time.Hour), 99)
	left(0, 0)
}

// An end without a hold of its own, of a phone held anew since, drops nothing.
func TestAnOldEndDropsNothing(t *testing.T) {
	db := open(t, t.TempDir())
	defer db.Close()
	hold(t, db, testMAC, newYear)
	hold(t, db, testMAC, newYear.Add(time.Hour)) // the first one was over, and is still there
	drop(t, db, newYear.Add(time.Minute), 99)
	if until := heldUntil(t, db, testMAC); !until.Equal(newYear.Add(time.Hour)) {
		t.Errorf("held until %v", until)
	}
	if n := count(t, db, bucketHoldEnds); n != 1 {
		t.Errorf("%d ends", n)
	}
	drop(t, db, newYear.Add(2*time.Hour), 99)
	if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != 0 || e != 0 {
		t.Errorf("%d holds and %d ends are left", h, e)
	}
}

// What is taken back or freed leaves nothing to clear away.
func TestEndedHoldsLeaveNothing(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	olga, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "olga", Role: store.Operator})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []store.Rule{store.RuleRegister, store.RuleFree} {
		carryOut(t, db, register(a.ID, store.URL{}, testMAC))
		for i, kind := range []store.Rule{store.RuleDeregister, end} {
			o := register(a.ID, store.URL{}, testMAC)
			o.Rule = kind
			if kind == store.RuleFree {
				o.Audit.Actor = olga.ID
			}
			carryOut(t, db, o)
			if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != 1-i || e != 1-i {
				t.Errorf("after kind %d: %d holds and %d ends", kind, h, e)
			}
		}
	}
}

// Every batch clears away more than it can add, but not all there is at once.
func TestHoldsDontPileUp(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	err := db.b.Update(func(tx *bbolt.Tx) error {
		for i := range 200 {
			p := store.Phone{MAC: macaddr.MustParse(fmt.Sprintf("F8E7D60000%02X", i)), Owner: a.ID, HeldUntil: past}
			if err := putHold(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for before := 200; before > 0; {
		carryOut(t, db, register(a.ID, store.URL{}, testMAC))
		o := register(a.ID, store.URL{}, testMAC)
		o.Rule = store.RuleDeregister
		carryOut(t, db, o)
		ends := count(t, db, bucketHoldEnds)
		if over := ends - 1; over >= before {
			t.Fatalf("%d holds that are over, after %d", over, before)
		} else if over < before-50 {
			t.Fatalf("%d holds that are over, after %d: one batch waited for them all", over, before)
		} else {
			before = over
		}
	}
	if h, e := count(t, db, bucketHolds), count(t, db, bucketHoldEnds); h != 1 || e != 1 {
		t.Errorf("%d holds and %d ends are left", h, e)
	}
}
