package bolt

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// What was decided elsewhere counts once, is seen at once, and is refused if it is not
// understood.
func TestApply(t *testing.T) {
	j := newJournal()
	db := openReplica(t, t.TempDir(), 0, j)
	defer db.Close()
	a := addAccount(t, db, "acme")
	mustChange(t, db, register(a.ID, store.URL{}, testMAC))
	operator, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "admin", Role: store.Operator})
	if err != nil {
		t.Fatal(err)
	}
	audit := store.Audit{Actor: operator.ID, Name: "admin"}
	if _, err := db.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.Disabled, a.PhonesDisabled = true, true; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetDefault(audit, false, store.RestoreURL("http://default.example/")); err != nil {
		t.Fatal(err)
	}

	replica := openReplica(t, t.TempDir(), 0, newJournal())
	defer replica.Close()
	if err := replica.SetReplicaOf(0, 42); err != nil {
		t.Fatal(err)
	}
	for i, writes := range j.decided {
		for range 2 {
			if err := replica.Apply(writes, int64(i+1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	checkSame(t, "the replica", db, replica)
	if revision, cluster, err := replica.ReplicaOf(); revision != int64(len(j.decided)) || cluster != 42 || err != nil {
		t.Errorf("revision %d of %d, %v", revision, cluster, err)
	}
	if _, err := replica.Redirection(testMAC); !errors.Is(err, store.ErrPhonesDisabled) {
		t.Error(err)
	}
	if got := replica.Default().URL.String(); got != "http://default.example/" {
		t.Error(got)
	}
	for _, key := range []string{"", "p", "pshort", "mclock", "?x", "hxxxxxx", "fshort", "gshort", "wshort", "yshort"} {
		if err := replica.Apply([]Write{{key, []byte("x")}}, 1000); err == nil {
			t.Errorf("%q was applied", key)
		}
	}
	checkSame(t, "the replica", db, replica)
}

// A replica is not changed by itself: what it then had would not be in the truth.
func TestReplicaAlone(t *testing.T) {
	folder := t.TempDir()
	db := openReplica(t, folder, 0, newJournal())
	if err := errors.Join(db.SetReplicaOf(7, 42), db.Close()); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(folder, Config{}); !errors.Is(err, ErrReplica) {
		t.Error(err, db)
	}
	if err := openReplica(t, folder, 0, newJournal()).Close(); err != nil {
		t.Error(err)
	}
}

// The clocks of nodes differ: none is before what another one has called the time, and a
// jump moves no ends, because they are those of all nodes.
func TestClockOfReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		db := openReplica(t, t.TempDir(), time.Hour, j)
		defer db.Close()
		a := addAccount(t, db, "acme")
		mustChange(t, db, register(a.ID, store.URL{}, testMAC))
		mustChange(t, db, store.Batch{Audit: store.Audit{Actor: a.ID}, Rule: store.RuleDeregister, Changes: []store.Change{{MAC: testMAC}}})
		held, err := db.Phone(testMAC)
		if err != nil {
			t.Fatal(err)
		}
		j.ahead.Store(int64(30 * time.Minute))
		time.Sleep(2 * watchEvery)
		if now := db.clock.now(); time.Until(now) != 30*time.Minute {
			t.Error(now)
		}
		if p, err := db.Phone(testMAC); err != nil || !p.HeldUntil.Equal(held.HeldUntil) {
			t.Errorf("%+v, %v; want %v", p, err, held.HeldUntil)
		}
		j.ahead.Store(int64(2 * time.Hour))
		time.Sleep(2 * watchEvery)
		if _, err := db.Phone(testMAC); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		j.checkReplicas(t, db)
	})
}
