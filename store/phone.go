package store

import (
	"time"

	"snomredirect/macaddr"
)

// A Phone is one that an account has registered. The zero Phone stands for one
// that nobody has.
type Phone struct {
	MAC   macaddr.Addr
	Owner AccountID
	// URL is the phone's own setting server; the zero URL follows the account's.
	URL        URL
	Registered time.Time // UTC, whole seconds
}

// Register is the rule for REGISTER: what prev, the state of mac until now,
// becomes when owner registers it at the time now. It states what is wanted:
// with a URL the phone has that one, without one it follows its owner. An owner
// may repeat it; when the phone was first registered stays. ErrTaken where the
// phone is another's, ErrNoSettingServer where it would have none.
func Register(prev Phone, mac macaddr.Addr, owner Account, url URL, now time.Time) (Phone, error) {
	switch {
	case prev.Owner != 0 && prev.Owner != owner.ID:
		return prev, ErrTaken
	case url.IsZero() && owner.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	next := Phone{MAC: mac, Owner: owner.ID, URL: url, Registered: now.UTC().Truncate(time.Second)}
	if prev.Owner == owner.ID {
		next.Registered = prev.Registered
	}
	return next, nil
}

// Deregister is the rule for DEREGISTER of prev by an account: its owner may,
// and an operator. ErrNotFound where nobody has registered it, else ErrTaken.
func Deregister(prev Phone, by Account) error {
	switch {
	case prev.Owner == 0:
		return ErrNotFound
	case prev.Owner != by.ID && !by.Operates():
		return ErrTaken
	}
	return nil
}
