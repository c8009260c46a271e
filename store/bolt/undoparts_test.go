package bolt

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// newUndoable returns a replica whose truth writes 58 records at once, and an account that
// has registered 200 phones.
func newUndoable(t *testing.T) (db *DB, j *journal, a store.Account) {
	t.Helper()
	j = newJournal()
	j.records = 50 + besides
	db = openReplica(t, t.TempDir(), time.Hour, j)
	t.Cleanup(func() { db.Close() })
	a = addAccount(t, db, "acme")
	b := store.Batch{Audit: store.Audit{Actor: a.ID, Command: "REGISTER", Begun: newYear, Undoable: true}, Rule: store.RuleRegister, Owner: a.ID}
	for i := range 200 {
		b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("00041300%04X", i))})
	}
	mustChange(t, db, b)
	return db, j, a
}

// If a part can't be stored, what was undone stays so, and Undo undoes the rest.
func TestPartlyUndone(t *testing.T) {
	db, j, a := newUndoable(t)
	first := j.tried + 1
	j.refuse = func(attempt int) error {
		if attempt == first+2 {
			return errors.New("etcd is away")
		}
		return nil
	}
	j.settle = func(error) (bool, error) { return false, store.ErrUnavailable }
	audit := store.Audit{Actor: a.ID, Command: "UNDO"}
	u, err := db.Undo(audit, false)
	var p store.PartlyUndone
	if !errors.As(err, &p) || p.Done != 100 || p.Of != 200 || !errors.Is(err, store.ErrUnavailable) || u.Command != "REGISTER" {
		t.Fatalf("%+v, %v", u, err)
	}
	if n, err := db.CountPhones(); n != 100 || err != nil {
		t.Errorf("%d phones, %v", n, err)
	}
	if u, err := db.Undo(audit, true); err != nil || len(u.Phones) != 100 {
		t.Errorf("%d phones would be undone, %v", len(u.Phones), err)
	}
	if u, err := db.Undo(audit, false); err != nil || len(u.Phones) != 100 {
		t.Errorf("%d phones undone, %v", len(u.Phones), err)
	}
	if n, err := db.CountPhones(); n != 0 || err != nil {
		t.Errorf("%d phones, %v", n, err)
	}
	if _, err := db.Undo(audit, false); !errors.Is(err, store.ErrNothingToUndo) {
		t.Error(err)
	}
	j.checkReplicas(t, db)
}

// If a phone has changed since, nothing is undone; if another replica changes one
// meanwhile, the rest is not.
func TestUndoInPartsOfChangedPhones(t *testing.T) {
	for _, meanwhile := range []bool{false, true} {
		db, j, a := newUndoable(t)
		last := macaddr.MustParse("0004130000C7") // in the last part
		change := func() {
			p, err := db.Phone(last)
			if err != nil {
				t.Fatal(err)
			}
			p.Note = "elsewhere"
			b := last.As6()
			j.decided = append(j.decided, []Write{{truthKey(bucketPhones, b[:]), appendPhone(nil, p)}})
			if err := db.Apply(j.decided[len(j.decided)-1], int64(len(j.decided))); err != nil {
				t.Error(err)
			}
		}
		parts := 0
		if !meanwhile {
			change()
		}
		db.config.Committed = func(time.Duration) {
			if parts++; parts == 2 && meanwhile {
				change()
			}
		}
		_, err := db.Undo(store.Audit{Actor: a.ID, Command: "UNDO"}, false)
		var p store.PartlyUndone
		var e store.UndoError
		if !errors.As(err, &e) || e.MAC != last || !errors.Is(err, store.ErrChangedSince) || errors.As(err, &p) != meanwhile || meanwhile && (p.Done != 100 || p.Of != 200) {
			t.Errorf("meanwhile %v: %v", meanwhile, err)
		}
		want := map[bool]int{false: 200, true: 100}[meanwhile]
		if n, err := db.CountPhones(); n != want || err != nil {
			t.Errorf("meanwhile %v: %d phones, %v", meanwhile, n, err)
		}
	}
}

// A command of the account between the parts can be undone, and the parts go on.
func TestUndoInPartsAndAnotherCommand(t *testing.T) {
	db, j, a := newUndoable(t)
	parts := 0
	db.config.Committed = func(time.Duration) {
		if parts++; parts != 2 {
			return
		}
		v, err := encodeUndo(store.Undoable{Command: "SERVER", Begun: newYear.Add(time.Hour), Server: store.ServerReversal{Before: a.SettingServer, After: store.RestoreURL("http://b/")}})
		if err != nil {
			t.Error(err)
		}
		j.decided = append(j.decided, []Write{{truthKey(bucketUndo, accountKey(a.ID)), v}})
		if err := db.Apply(j.decided[len(j.decided)-1], int64(len(j.decided))); err != nil {
			t.Error(err)
		}
	}
	audit := store.Audit{Actor: a.ID, Command: "UNDO"}
	if u, err := db.Undo(audit, false); err != nil || len(u.Phones) != 200 {
		t.Errorf("%d phones, %v", len(u.Phones), err)
	}
	if n, err := db.CountPhones(); n != 0 || err != nil {
		t.Errorf("%d phones, %v", n, err)
	}
	if _, err := db.Undo(audit, true); !errors.Is(err, store.ErrChangedSince) { // it tries to undo SERVER
		t.Error(err)
	}
}

// Two at once, as from two sessions, undo everything together.
func TestUndoInPartsTwice(t *testing.T) {
	db, j, a := newUndoable(t)
	audit := store.Audit{Actor: a.ID, Command: "UNDO"}
	other := make(chan error)
	parts := 0
	db.config.Committed = func(time.Duration) {
		if parts++; parts != 1 {
			return
		}
		go func() {
			_, err := db.Undo(audit, false)
			other <- err
		}()
		for waits := 0; waits == 0; time.Sleep(time.Millisecond) { // so that its first part is the next change
			db.committer.mu.Lock()
			waits = len(db.committer.waiting)
			db.committer.mu.Unlock()
		}
	}
	if u, err := db.Undo(audit, false); err != nil || len(u.Phones) != 200 {
		t.Errorf("%d phones, %v", len(u.Phones), err)
	}
	if err := <-other; err != nil {
		t.Error(err)
	}
	if n, err := db.CountPhones(); n != 0 || err != nil {
		t.Errorf("%d phones, %v", n, err)
	}
	if _, err := db.Undo(audit, false); !errors.Is(err, store.ErrNothingToUndo) {
		t.Error(err)
	}
	j.checkReplicas(t, db)
}
