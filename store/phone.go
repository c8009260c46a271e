package store

import (
	"time"

	"snomredirect/macaddr"
)

// A Phone is one that an account has registered, or has let go and that is
// still held for it. The zero Phone stands for one that is nobody's.
type Phone struct {
	MAC   macaddr.Addr
	Owner AccountID
	// URL is the phone's own setting server; the zero URL follows the account's.
	URL        URL
	Registered time.Time // UTC, whole seconds; zero for one that is held
	// HeldUntil is zero for a registered phone. Another has been deregistered,
	// and until then only its last owner may register it. UTC, whole seconds.
	HeldUntil time.Time
}

// Held reports whether p is registered no more, but held for its last owner.
func (p Phone) Held() bool { return !p.HeldUntil.IsZero() }

// SettingServer returns where p is sent: its own URL, or else that of owner, the
// account that has registered it.
func (p Phone) SettingServer(owner Account) URL {
	if p.URL.IsZero() {
		return owner.SettingServer
	}
	return p.URL
}

// At is p as it stands at the time now: a hold that is over leaves nothing.
func (p Phone) At(now time.Time) Phone {
	if p.Held() && !now.Before(p.HeldUntil) {
		return Phone{}
	}
	return p
}

// The rules. Each tells what prev, the state of a phone at the time now, becomes,
// or why it stays.

// Register is the rule for REGISTER of mac for owner. It states what is wanted:
// with a URL the phone has that one, without one it follows its owner. An owner
// may repeat it; when the phone was first registered stays. ErrTaken where the
// phone is another's or held for another, ErrNoSettingServer where it would have
// none.
func Register(prev Phone, mac macaddr.Addr, owner Account, url URL, now time.Time) (Phone, error) {
	switch {
	case prev.Owner != 0 && prev.Owner != owner.ID:
		return prev, ErrTaken
	case url.IsZero() && owner.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	next := Phone{MAC: mac, Owner: owner.ID, URL: url, Registered: now.UTC().Truncate(time.Second)}
	if prev.Owner == owner.ID && !prev.Held() {
		next.Registered = prev.Registered
	}
	return next, nil
}

// Deregister is the rule for DEREGISTER by an account: its owner may, and an
// operator. The phone is held for its owner as long as hold says. ErrNotFound
// where the phone is not registered, ErrTaken where it is another's or held for
// another.
func Deregister(prev Phone, by Account, hold time.Duration, now time.Time) (Phone, error) {
	mine := prev.Owner == by.ID || by.Operates()
	switch {
	case prev.Owner == 0 || prev.Held() && mine:
		return prev, ErrNotFound
	case !mine:
		return prev, ErrTaken
	}
	if hold <= 0 {
		return Phone{}, nil
	}
	return Phone{MAC: prev.MAC, Owner: prev.Owner, HeldUntil: now.UTC().Add(hold + time.Second - 1).Truncate(time.Second)}, nil
}

// Retarget is the rule for giving a phone of by's another URL of its own, where
// it has the URL was; the zero URL follows by. ErrNotFound where it has another,
// ErrNoSettingServer where it would have none.
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

// Transfer is the rule for handing a registered phone to another account, which
// only operators do. It keeps a URL of its own. ErrNotFound where it is not
// registered, ErrNoSettingServer where it would have none.
func Transfer(prev Phone, by, to Account) (Phone, error) {
	switch {
	case !by.Operates():
		return prev, ErrNotOperator
	case prev.Owner == 0 || prev.Held():
		return prev, ErrNotFound
	case prev.URL.IsZero() && to.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	prev.Owner = to.ID
	return prev, nil
}

// Free is the rule for ending a hold before its time, which only operators do.
// ErrNotHeld where there is none.
func Free(prev Phone, by Account) (Phone, error) {
	switch {
	case !by.Operates():
		return prev, ErrNotOperator
	case !prev.Held():
		return prev, ErrNotHeld
	}
	return Phone{}, nil
}
