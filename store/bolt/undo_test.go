package bolt

import (
	"reflect"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

func FuzzDecodeUndo(f *testing.F) {
	phone := store.Phone{MAC: testMAC, Owner: 7, URL: store.RestoreURL("http://a/"), Note: "desk 4", Registered: time.Unix(1e9, 0).UTC()}
	held := store.Phone{MAC: testMAC, Owner: 7, HeldUntil: time.Unix(1e9, 0).UTC()}
	for _, u := range []store.Undoable{
		{Command: "REGISTER", Begun: time.Unix(1e9, 1), Phones: []store.Reversal{{After: phone}}},
		{Command: "DEREGISTER", Phones: []store.Reversal{{Before: phone, After: held}}},
		{Command: "SERVER", Server: store.ServerReversal{After: store.RestoreURL("http://b/")}},
		{TooMany: true},
	} {
		v, err := encodeUndo(u)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v)
	}
	f.Add([]byte(`{"phones":[{"mac":"0004132202E4"}]}`))
	f.Add([]byte(`{"phones":[{"mac":"0004132202E4","after":{"record":"07"}}]}`))
	f.Fuzz(func(t *testing.T, v []byte) {
		u, err := decodeUndo(v)
		if err != nil {
			return
		}
		again, err := encodeUndo(u)
		if err != nil {
			t.Skip(err) // a time that has no form in JSON
		}
		if back, err := decodeUndo(again); err != nil || !reflect.DeepEqual(back, u) {
			t.Errorf("%q is %+v, and came back as %+v, %v", v, u, back, err)
		}
	})
}

// Check reports records of commands to undo that are damaged or nobody's.
func TestCheckFindsProblemsOfUndo(t *testing.T) {
	for want, c := range map[string]struct{ k, v []byte }{
		"the record of the last command of acme is damaged": {acmes, []byte(`{"phones":[{"mac":"0004132202E4"}]}`)},
		"account 99 has a last command and does not exist":  {nobody, []byte("{}")},
	} {
		file := stored(t, 8)
		alter(t, file, func(tx *bbolt.Tx) error { return tx.Bucket(bucketUndo).Put(c.k, c.v) })
		checkFinds(t, file, want)
	}
}

// The record of what can be undone has no more than it needs, and goes with its account.
func TestUndoIsBounded(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	a := addAccount(t, db, "acme")
	for i, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister, store.RuleRegister, store.RuleDeregister} {
		mustChange(t, db, store.Batch{
			Audit: store.Audit{Actor: a.ID, Command: "TEST", Begun: newYear.Add(time.Duration(i)), Undoable: true},
			Rule:  rule, Owner: a.ID, Changes: []store.Change{{MAC: testMAC}}})
	}
	err := db.b.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bucketUndo).Get(accountKey(a.ID)); len(v) == 0 || len(v) > 200 {
			t.Errorf("%d bytes: %s", len(v), v)
		}
		return nil
	})
	if err != nil || count(t, db, bucketUndo) != 1 {
		t.Errorf("%d records, %v", count(t, db, bucketUndo), err)
	}
	if err := db.RemoveAccount(store.Audit{}, false, a.ID); err != nil || count(t, db, bucketUndo) != 0 {
		t.Errorf("%d records, %v", count(t, db, bucketUndo), err)
	}
}
