package bolt

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// An undoRecord is a store.Undoable as JSON.
type undoRecord struct {
	Command string        `json:"what"`
	Begun   time.Time     `json:"begun"`
	Phones  []undoPhone   `json:"phones,omitempty"`
	Servers *[2]store.URL `json:"servers,omitempty"` // before and after
	TooMany bool          `json:"too_many,omitempty"`
	Foreign bool          `json:"foreign,omitempty"`
}

type undoPhone struct {
	MAC    macaddr.Addr `json:"mac"`
	Before undoState    `json:"before,omitzero"`
	After  undoState    `json:"after,omitzero"`
}

// An undoState is a phone's record. The zero value is that of an unregistered phone.
type undoState struct {
	Held   bool   `json:"held,omitempty"`
	Record string `json:"record,omitempty"` // as appendPhone writes it
}

func newUndoState(p store.Phone) (s undoState) {
	if p.Owner != 0 {
		s = undoState{p.Held(), hex.EncodeToString(appendPhone(nil, p))}
	}
	return s
}

func (s undoState) phone(mac macaddr.Addr) (p store.Phone, err error) {
	if s.Record == "" {
		return p, nil
	}
	v, err := hex.DecodeString(s.Record)
	if err != nil {
		return p, errRecord
	}
	b := mac.As6()
	if s.Held {
		return decodeHold(b[:], v)
	}
	return decodePhone(b[:], v)
}

// decodeUndo decodes a record; that of nil is the zero Undoable.
func decodeUndo(v []byte) (u store.Undoable, err error) {
	var r undoRecord
	if v == nil {
		return u, nil
	}
	if err := json.Unmarshal(v, &r); err != nil {
		return u, errRecord
	}
	u = store.Undoable{Command: r.Command, Begun: r.Begun, TooMany: r.TooMany, Foreign: r.Foreign}
	if r.Servers != nil {
		u.Server = store.ServerReversal{Before: r.Servers[0], After: r.Servers[1]}
	}
	for _, p := range r.Phones {
		before, err1 := p.Before.phone(p.MAC)
		after, err2 := p.After.phone(p.MAC)
		if err1 != nil || err2 != nil || before == after {
			return store.Undoable{}, errRecord
		}
		u.Phones = append(u.Phones, store.Reversal{Before: before, After: after})
	}
	return u, nil
}

func encodeUndo(u store.Undoable) ([]byte, error) {
	r := undoRecord{Command: u.Command, Begun: u.Begun.UTC(), TooMany: u.TooMany, Foreign: u.Foreign}
	if u.Server != (store.ServerReversal{}) {
		r.Servers = &[2]store.URL{u.Server.Before, u.Server.After}
	}
	for _, p := range u.Phones {
		r.Phones = append(r.Phones, undoPhone{p.MAC(), newUndoState(p.Before), newUndoState(p.After)})
	}
	return json.Marshal(r)
}

// noteUndo notes what a transaction of an undoable command changes, instead of what an
// earlier command has changed.
func noteUndo(tx *writeTx, audit store.Audit, add func(*store.Undoable)) error {
	if !audit.Undoable || audit.Actor == 0 {
		return nil
	}
	key := accountKey(audit.Actor)
	u, err := decodeUndo(tx.Bucket(bucketUndo).Get(key))
	if err != nil {
		return err
	}
	if !u.Begun.Equal(audit.Begun) || u.Command != audit.Command {
		u = store.Undoable{Command: audit.Command, Begun: audit.Begun}
	}
	if add(&u); u.IsZero() { // nothing has changed, so the earlier one stays
		return nil
	}
	v, err := encodeUndo(u)
	if err == nil && tx.tooLong(v) { // the change itself matters more
		u.TooMany, u.Phones = true, nil
		v, err = encodeUndo(u)
	}
	return errors.Join(err, tx.put(bucketUndo, key, v))
}

// Undo undoes the last undoable command of the audit's actor, and returns it; if dryRun
// is set, it only returns what it would undo. The error is store.ErrNothingToUndo,
// store.ErrNotUndoable, store.ErrTooLarge or, if something has changed since or a rule
// refuses, a [store.UndoError]. Then nothing was changed.
//
// If the truth can't write so much at once, it is several transactions. The first one
// begins only if all can be undone. If a later one fails, the error is a
// [store.PartlyUndone], and what is left is what Undo undoes next.
func (db *DB) Undo(audit store.Audit, dryRun bool) (u store.Undoable, err error) {
	err = db.update(dryRun, func(tx *writeTx) error {
		_, err := db.undoPart(tx, audit, &u, nil, store.MaxUndo)
		return err
	})
	if errors.Is(err, store.ErrTooLarge) && db.config.Truth != nil {
		return db.undoInParts(audit)
	}
	return u, err
}

// undoServer gives the actor the setting server that it had.
func undoServer(tx *writeTx, audit store.Audit, r store.ServerReversal, now time.Time) error {
	if r.Before == r.After {
		return nil
	}
	_, _, err := updateAccount(tx, audit, audit.Actor, now, func(a *store.Account) error {
		switch {
		case a.SettingServer != r.After:
			return store.UndoError{Err: store.ErrChangedSince}
		case r.Before.IsZero():
			return store.UndoError{Err: store.ErrNoSettingServer}
		}
		a.SettingServer = r.Before
		return nil
	})
	return err
}

// checkUndo checks the records of what can be undone.
func (c *check) checkUndo() {
	c.each(bucketUndo, 4, func(k, v []byte) {
		id := accountID(k)
		if _, err := decodeUndo(v); err != nil {
			c.add("the record of the last command of %s is damaged", c.name(id))
		}
		if c.accounts[id] == nil {
			c.add("%s has a last command and does not exist", c.name(id))
		}
	})
}
