package store

import (
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
)

// MaxUndo is how many phones a command can change so that it can be undone.
const MaxUndo = 1000

// An Undoable is what the last command of an account has changed whose audits are
// Undoable. There is at most one of each account.
type Undoable struct {
	Command string
	Begun   time.Time
	Phones  []Reversal // each once
	Server  ServerReversal
	// TooMany means that it changed more than MaxUndo phones, or fewer with more text than the
	// store keeps, and Foreign that it changed other accounts or their phones. Then Phones is
	// empty, and it can't be undone.
	TooMany, Foreign bool
}

// A Reversal is a phone before and after a command.
type Reversal struct{ Before, After Phone }

// MAC returns the phone's.
func (r Reversal) MAC() macaddr.Addr {
	if r.After.MAC.IsValid() {
		return r.After.MAC
	}
	return r.Before.MAC
}

// A ServerReversal is an account's setting server before and after a command. The two
// are the same if it did not change.
type ServerReversal struct{ Before, After URL }

// Add adds what one transaction of the command has changed.
func (u *Undoable) Add(account AccountID, results []Result) {
	places := map[macaddr.Addr]int{}
	for i, r := range u.Phones {
		places[r.MAC()] = i
	}
	for _, r := range results {
		rev := Reversal{r.Prev, r.Next}
		i, again := places[rev.MAC()]
		switch {
		case r.Err != nil || r.Prev == r.Next:
		case r.Prev.Owner != 0 && r.Prev.Owner != account, r.Next.Owner != 0 && r.Next.Owner != account:
			u.Foreign = true
		case again:
			u.Phones[i].After = r.Next
		default:
			places[rev.MAC()] = len(u.Phones)
			u.Phones = append(u.Phones, rev)
		}
		if u.TooMany = u.TooMany || len(u.Phones) > MaxUndo; u.TooMany || u.Foreign {
			u.Phones = nil
			return
		}
	}
}

// IsZero reports whether there is nothing to undo.
func (u Undoable) IsZero() bool {
	return len(u.Phones) == 0 && u.Server == ServerReversal{} && !u.TooMany && !u.Foreign
}

// Errors of UNDO.
var (
	// ErrNothingToUndo means that the account has no command to undo.
	ErrNothingToUndo = errors.New("nothing to undo")
	// ErrNotUndoable means that its last command changed too much, or other accounts.
	ErrNotUndoable = errors.New("can't be undone")
	// ErrChangedSince means that something else has changed the phone or the account's
	// setting server since.
	ErrChangedSince = errors.New("changed since")
)

// An UndoError is why a command can't be undone.
type UndoError struct {
	MAC macaddr.Addr // the phone, or zero for the account's setting server
	Err error
}

func (e UndoError) Error() string { return fmt.Sprintf("%v: %v", e.MAC, e.Err) }
func (e UndoError) Unwrap() error { return e.Err }

// A PartlyUndone is why the rest of a command was not undone, some of whose phones were
// put back: the store can't write so many at once. Undo undoes the rest, unless another
// command of the account has changed something since, or Err refuses that too.
type PartlyUndone struct {
	Done, Of int // phones
	Err      error
}

func (e PartlyUndone) Error() string {
	return fmt.Sprintf("%d of %d phones undone: %v", e.Done, e.Of, e.Err)
}
func (e PartlyUndone) Unwrap() error { return e.Err }

// Restore is the rule for undoing a change of a phone of by. A phone that is not
// registered any more is registered again, as Register does. The error is
// ErrChangedSince if the phone is not as it was after the change, ErrTaken if it was or
// is another account's, and ErrNoSettingServer if it would have no setting server.
func Restore(prev Phone, by Account, r Reversal, now time.Time) (Phone, error) {
	next := r.Before.At(now)
	switch {
	case prev.Owner != 0 && prev.Owner != by.ID, next.Owner != 0 && next.Owner != by.ID:
		return prev, ErrTaken
	case prev != r.After.At(now):
		return prev, ErrChangedSince
	case next.Owner == 0 || next.Held():
		return next, nil
	case next.URL.IsZero() && by.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	case prev.Owner == 0 || prev.Held():
		next.Registered, next.Retaken = now.UTC().Truncate(time.Second), prev.Held()
	}
	return next, nil
}
