package bolt

import (
	"errors"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// AddEntries adds entries of the service itself to the histories of their accounts,
// whose names it fills in. Those of accounts that no longer exist are left out.
func (db *DB) AddEntries(entries []store.Entry) error {
	return db.updateMany(max(1, len(entries)), func(tx *writeTx) error {
		for _, e := range entries {
			a, err := getAccount(tx.Tx, e.Account)
			if errors.Is(err, store.ErrNoAccount) {
				continue
			}
			if err == nil {
				e.Name = a.Name
				err = putEntry(tx, e, db.clock.now())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// LastScan returns the latest entry of an account's history about a client that
// guessed MACs and that names a phone, with that MAC as its only one. The error is
// store.ErrNotFound if there is none.
func (db *DB) LastScan(account store.AccountID, mac macaddr.Addr) (found store.Entry, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		var all merge
		all.add(historyOf(tx, store.FromStrangers), account, store.Mark{})
		for len(all) > 0 && all[0].k != nil {
			e, ok, err := decodeEntry(all[0].k, all[0].v, mac)
			if err != nil {
				return err
			}
			if ok {
				found = e
				return nil
			}
			all[0].step()
		}
		return store.ErrNotFound
	})
	return found, err
}
