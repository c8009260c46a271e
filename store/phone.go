package store

import (
	"time"

	"snomredirect/macaddr"
)

// A Phone is a phone that an account has registered, or that is on hold for the
// account that deregistered it. The zero Phone is a phone without an owner.
type Phone struct {
	MAC   macaddr.Addr
	Owner AccountID
	// URL is the phone's own setting server; the zero URL follows the account's. That of
	// a phone on hold is the one that it had.
	URL        URL
	Registered time.Time // UTC, whole seconds; zero if the phone is on hold
	// HeldUntil is the end of the hold: until then only the last owner may register
	// the phone. UTC, whole seconds. It is zero for a registered phone.
	HeldUntil time.Time
	// Retaken means that the phone was on hold for its owner when it was registered.
	Retaken bool
	// Note is its owner's, and no other account's.
	Note Note
}

// Held reports whether p is deregistered and on hold for its last owner.
func (p Phone) Held() bool { return !p.HeldUntil.IsZero() }

// SettingServer returns the setting server that p is redirected to: its own URL or,
// if it has none, that of owner, the account that registered it.
func (p Phone) SettingServer(owner Account) URL {
	if p.URL.IsZero() {
		return owner.SettingServer
	}
	return p.URL
}

// A Redirection is where a registered phone is redirected, and whose phone it is.
type Redirection struct {
	URL   URL
	Owner AccountID
}

// At returns the state of p at the time now: the zero Phone if its hold has ended.
func (p Phone) At(now time.Time) Phone {
	if p.Held() && !now.Before(p.HeldUntil) {
		return Phone{}
	}
	return p
}

// MaxTaken bounds how many times in a day an account learns that another account has
// a phone: by ErrTaken, in dry runs too, or by looking phones up. Beyond it, phones
// that nobody has are refused in the same way, so that no account can find out which
// phones of a range are registered.
const MaxTaken = 1000

// HoldAgain is how long a phone that was taken back from a hold must be registered
// until it is put on hold again.
const HoldAgain = time.Hour

// The rules. Each returns the next state of a phone whose state at the time now is
// prev. If a rule refuses the change, it returns prev and an error.

// Register is the rule for REGISTER of mac for owner. With a URL, the phone uses
// that one; without one, it follows its owner's. The owner may repeat it, which
// replaces the URL and keeps the time of the first registration, and may register
// a phone that is on hold for it, which is then retaken. Both keep the note. The error is
// ErrTaken if the phone is registered by or on hold for another account, and
// ErrNoSettingServer if it would have no setting server.
func Register(prev Phone, mac macaddr.Addr, owner Account, url URL, now time.Time) (Phone, error) {
	switch {
	case prev.Owner != 0 && prev.Owner != owner.ID:
		return prev, ErrTaken
	case url.IsZero() && owner.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	next := Phone{MAC: mac, Owner: owner.ID, URL: url, Note: prev.Note, Registered: now.UTC().Truncate(time.Second)}
	if prev.Owner == owner.ID && !prev.Held() {
		next.Registered, next.Retaken = prev.Registered, prev.Retaken
	} else if prev.Owner == owner.ID {
		next.Retaken = true
	}
	return next, nil
}

// Deregister is the rule for DEREGISTER by an account, which must be the owner or
// an operator. The phone is then on hold for its owner for the duration hold, with its
// URL and note, but not if it was retaken within [HoldAgain]: otherwise an account could keep phones
// on hold forever by registering and deregistering them. The error is ErrNotFound if
// the phone is not registered, and ErrTaken if it is registered by or on hold for
// another account.
func Deregister(prev Phone, by Account, hold time.Duration, now time.Time) (Phone, error) {
	allowed := prev.Owner == by.ID || by.Operates()
	switch {
	case prev.Owner == 0 || prev.Held() && allowed:
		return prev, ErrNotFound
	case !allowed:
		return prev, ErrTaken
	}
	if hold <= 0 || prev.Retaken && now.Before(prev.Registered.Add(HoldAgain)) {
		return Phone{}, nil
	}
	return Phone{MAC: prev.MAC, Owner: prev.Owner, URL: prev.URL, Note: prev.Note, HeldUntil: now.UTC().Add(hold + time.Second - 1).Truncate(time.Second)}, nil
}

// Retarget is the rule for changing the URL of a phone of by from was to url. The
// zero URL means that the phone follows its account. The error is ErrNotFound if
// the phone is not by's or has another URL than was, and ErrNoSettingServer if it
// would have no setting server.
func Retarget(prev Phone, by Account, was, url URL) (Phone, error) {
	switch {
	case prev.Owner != by.ID || prev.Held() || prev.URL != was:
		return prev, ErrNotFound
	case url.IsZero() && by.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	prev.URL = url
	return prev, nil
}

// Annotate is the rule for NOTE by an account, which must be the owner or an operator.
// The note replaces the phone's; "" removes it. The error is ErrNotFound if the phone is
// not registered, and ErrTaken if it is registered by or on hold for another account.
func Annotate(prev Phone, by Account, note Note) (Phone, error) {
	allowed := prev.Owner == by.ID || by.Operates()
	switch {
	case prev.Owner == 0 || prev.Held() && allowed:
		return prev, ErrNotFound
	case !allowed:
		return prev, ErrTaken
	}
	prev.Note = note
	return prev, nil
}

// Transfer is the rule for moving a registered phone to another account, which only
// operators may do (ErrNotOperator). The phone keeps its own URL, if any, but not the
// former owner's note. The error is ErrNotFound if the phone is not registered, and ErrNoSettingServer if it would
// have no setting server.
func Transfer(prev Phone, by, to Account) (Phone, error) {
	switch {
	case !by.Operates():
		return prev, ErrNotOperator
	case prev.Owner == 0 || prev.Held():
		return prev, ErrNotFound
	case prev.URL.IsZero() && to.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	if prev.Owner != to.ID {
		prev.Note = ""
	}
	prev.Owner, prev.Retaken = to.ID, false
	return prev, nil
}

// Free is the rule for ending a hold early, which only operators may do
// (ErrNotOperator). The error is ErrNotHeld if the phone is not on hold.
func Free(prev Phone, by Account) (Phone, error) {
	switch {
	case !by.Operates():
		return prev, ErrNotOperator
	case !prev.Held():
		return prev, ErrNotHeld
	}
	return Phone{}, nil
}
