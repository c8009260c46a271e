package bolt

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// checkSizes compares the stored sizes with the histories, and returns the number
// of entries and bytes of an account's history.
func checkSizes(t *testing.T, db *DB, account store.AccountID) (entries, bytes int) {
	t.Helper()
	type sizes = [store.Classes]size
	actual, stored := map[store.AccountID]sizes{}, map[store.AccountID]sizes{}
	err := db.b.View(func(tx *bbolt.Tx) error {
		for class := range store.Class(store.Classes) {
			err := historyOf(tx, class).ForEach(func(k, v []byte) error {
				e, _, err := decodeEntry(k, v, macaddr.Addr{})
				if err == nil && e.Class() != class {
					t.Errorf("an entry of class %d is in %d", e.Class(), class)
				}
				s := actual[accountID(k)]
				s[class].entries++
				s[class].bytes += len(k) + len(v)
				actual[accountID(k)] = s
				return err
			})
			if err != nil {
				return err
			}
		}
		return tx.Bucket(bucketHistorySizes).ForEach(func(k, v []byte) error {
			s, err := decodeSizes(v)
			stored[accountID(k)] = s
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(actual, stored) {
		t.Errorf("stored sizes %v, want %v", stored, actual)
	}
	for _, s := range actual[account] {
		entries, bytes = entries+s.entries, bytes+s.bytes
	}
	return entries, bytes
}

// After any change the stored sizes of the histories are right.
func TestHistorySizes(t *testing.T) {
	db := openHold(t, t.TempDir(), time.Hour)
	defer db.Close()
	r := rand.New(rand.NewPCG(3, 4))
	var ids []store.AccountID
	for i := range 5 {
		ids = append(ids, addAccount(t, db, store.Name(fmt.Sprintf("partner%d", i))).ID)
	}
	for i := range 300 {
		id := ids[r.IntN(len(ids))]
		audit := store.Audit{Actor: id, Command: "TEST", Detail: strings.Repeat("d", r.IntN(300)), Begun: time.Now().Add(-time.Duration(r.IntN(1000)) * time.Hour)}
		dryRun := r.IntN(5) == 0
		switch r.IntN(4) {
		case 0:
			_, _ = db.UpdateAccount(audit, dryRun, id, func(a *store.Account) error { a.Company = fmt.Sprint(r.IntN(2)); return nil })
		case 1:
			if removed, err := db.AddAccount(store.Audit{}, false, store.Account{Name: store.Name(fmt.Sprintf("short%d", i))}); err == nil {
				_ = db.RemoveAccount(audit, dryRun, removed.ID)
			}
		default:
			b := store.Batch{Audit: audit, Rule: store.Rule(r.IntN(2)), Owner: id, Atomic: r.IntN(3) == 0, DryRun: dryRun}
			for range r.IntN(10) {
				b.Changes = append(b.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("0004130000%02X", r.IntN(32)))})
			}
			if _, err := db.Change(b); err != nil {
				t.Fatal(err)
			}
		}
		if i%50 == 0 {
			// Many entries expire now.
			if err := db.b.Update(func(tx *bbolt.Tx) error {
				return pruneAll(&writeTx{Tx: tx}, time.Now().Add(store.HistoryAge-500*time.Hour))
			}); err != nil {
				t.Fatal(err)
			}
		}
		checkSizes(t, db, id)
	}
	total := 0
	for _, id := range ids {
		n, _ := checkSizes(t, db, id)
		total += n
	}
	if total == 0 {
		t.Error("the histories are empty")
	}
}
