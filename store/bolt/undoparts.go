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
	for left := []store.Reversal(nil); ; {
		rest := left
		err := db.updateMany(most, func(tx *writeTx) (err error) {
			rest, err = db.undoPart(tx, audit, &u, left, most)
			return err
		})
		n := len(left)
		if left == nil {
			n = len(u.Phones)
		}
		switch done := len(u.Phones) - n; {
		case errors.Is(err, store.ErrTooLarge) && min(most, n) > 1:
			most = (min(most, n) + 1) / 2 // a phone may be two records
			continue
		case err != nil && done > 0:
			return u, store.PartlyUndone{Done: done, Of: len(u.Phones), Err: err}
		case err != nil || len(rest) == 0:
			return u, err
		}
		left = rest
	}
}

// undoPart undoes up to most phones of the last command of the audit's actor, if all that are
// left could be undone as well, and returns the rest, which is stored as the last command. If
// left is nil, it is the first part, which reads the command into u, and undoes the setting
// server too.
func (db *DB) undoPart(tx *writeTx, audit store.Audit, u *store.Undoable, left []store.Reversal, most int) (rest []store.Reversal, err error) {
	tx.ask()
	key := accountKey(audit.Actor)
	stored, err := decodeUndo(tx.Bucket(bucketUndo).Get(key))
	if err != nil {
		return nil, err
	}
	if left == nil {
		*u = stored
		switch {
		case u.IsZero():
			return nil, store.ErrNothingToUndo
		case u.TooMany || u.Foreign:
			return nil, store.ErrNotUndoable
		}
		if err := undoServer(tx, audit, u.Server, db.clock.now()); err != nil {
			return nil, err
		}
	}
	same := stored.Begun.Equal(u.Begun) && stored.Command == u.Command
	switch {
	case same:
		left = stored.Phones // another Undo of the account may have undone some since
	case stored.IsZero():
		return nil, nil // another one has undone the rest
	}
	if err := db.undoPhones(tx, audit, left, most); err != nil {
		return nil, err
	}
	rest = left[min(most, len(left)):]
	switch {
	case !same: // a later command of the account can be undone instead
		return rest, nil
	case len(rest) == 0:
		return nil, tx.delete(bucketUndo, key)
	}
	v, err := encodeUndo(store.Undoable{Command: u.Command, Begun: u.Begun, Phones: rest})
	return rest, errors.Join(err, tx.put(bucketUndo, key, v))
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
