package bolt

import (
	"errors"

	"snomredirect/store"
)

// undoInParts undoes the last command of the audit's actor in several transactions, each
// with as many phones as possible.
func (db *DB) undoInParts(audit store.Audit) (u store.Undoable, err error) {
	if audit.Begun.IsZero() { // the parts are one command
		audit.Begun = db.clock.now()
	}
	records, _ := db.config.Truth.Limits()
	most := min(max(1, records-besides), store.MaxUndo/2)
	for done := 0; ; {
		err := db.updateMany(most, func(tx *writeTx) error { return db.undoPart(tx, audit, &u, done, most) })
		switch left := len(u.Phones) - done; {
		case errors.Is(err, store.ErrTooLarge) && min(most, left) > 1:
			most = (min(most, left) + 1) / 2 // a phone may be two records
			continue
		case err != nil && done > 0:
			return u, store.PartlyUndone{Done: done, Of: len(u.Phones), Err: err}
		case err != nil:
			return u, err
		}
		if done += most; done >= len(u.Phones) {
			return u, nil
		}
	}
}

// undoPart undoes up to most phones of the last command of the audit's actor, after those
// that are done, if all others could be undone as well. The first part reads the command
// into u, and undoes the setting server too. What is left is stored as the last command, or
// nothing.
func (db *DB) undoPart(tx *writeTx, audit store.Audit, u *store.Undoable, done, most int) error {
	tx.ask()
	key := accountKey(audit.Actor)
	stored, err := decodeUndo(tx.Bucket(bucketUndo).Get(key))
	if err != nil {
		return err
	}
	if done == 0 {
		*u = stored
		switch {
		case u.IsZero():
			return store.ErrNothingToUndo
		case u.TooMany || u.Foreign:
			return store.ErrNotUndoable
		}
		if err := undoServer(tx, audit, u.Server, db.clock.now()); err != nil {
			return err
		}
	}
	if err := db.undoPhones(tx, audit, u.Phones[done:], most); err != nil {
		return err
	}
	if !stored.Begun.Equal(u.Begun) || stored.Command != u.Command {
		return nil // a later command of the account can be undone instead
	}
	rest := store.Undoable{Command: u.Command, Begun: u.Begun, Phones: u.Phones[min(done+most, len(u.Phones)):]}
	if rest.IsZero() {
		return tx.delete(bucketUndo, key)
	}
	v, err := encodeUndo(rest)
	return errors.Join(err, tx.put(bucketUndo, key, v))
}

// undoPhones undoes the first phones, up to most, if all could be undone.
func (db *DB) undoPhones(tx *writeTx, audit store.Audit, phones []store.Reversal, most int) error {
	b := store.Batch{Audit: audit, Rule: store.RuleRestore, Owner: audit.Actor, Atomic: true}
	for _, p := range phones {
		b.Changes = append(b.Changes, store.Change{MAC: p.MAC(), Reversal: &p})
	}
	d, err := db.draft(tx.Tx, b)
	if err != nil {
		return err
	}
	for i, r := range d.results {
		if r.Err != nil {
			return store.UndoError{MAC: b.Changes[i].MAC, Err: r.Err}
		}
	}
	if most < len(phones) {
		b.Changes = b.Changes[:most]
		if d, err = db.draft(tx.Tx, b); err != nil {
			return err
		}
	}
	d.part = most < store.MaxUndo
	return d.write(tx)
}
