package rds

import (
	"context"
	"sync/atomic"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// redirect.listPhones reads each page in a turn of the account.
func TestListsTakeTurns(t *testing.T) {
	var turns, held atomic.Int64
	l := newLab(t, func(c *Config) {
		c.Turn = func(_ context.Context, account store.AccountID) (func(), error) {
			if account != 2 || held.Add(1) > 1 {
				t.Errorf("a turn of account %d, %d at once", account, held.Load())
			}
			turns.Add(1)
			return func() { held.Add(-1) }, nil
		}
	})
	var batch store.Batch
	batch.Audit.Actor, batch.Owner = 2, 2
	for mac := range (macaddr.Range{First: macaddr.MustParse("000413000000"), Last: macaddr.MustParse("0004130003E8")}).All() {
		batch.Changes = append(batch.Changes, store.Change{MAC: mac})
	}
	if _, err := l.db.Change(batch); err != nil {
		t.Fatal(err)
	}
	l.calls("acme", of("redirect.listPhones", str("snomM9"), str("http://none.example/")), noMACs)
	if turns.Load() != 3 || held.Load() != 0 {
		t.Errorf("%d turns for three pages, %d not ended", turns.Load(), held.Load())
	}
}
