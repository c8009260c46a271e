package store

import (
	"crypto/rand"
	"crypto/subtle"
	"time"

	"snomredirect/macaddr"
)

// A Claim is an account's claim to a phone that another account has. Backends store
// its JSON form.
type Claim struct {
	MAC      macaddr.Addr `json:"mac"`
	Claimant AccountID    `json:"claimant"`
	Code     string       `json:"code"` // in the URL at which the phone proves its MAC
	Made     time.Time    `json:"made"`
	Until    time.Time    `json:"until"`
	Objected bool         `json:"objected,omitempty"` // by the owner: an operator decides
	Proven   bool         `json:"proven,omitempty"`   // by the phone, after the objection
	Ended    bool         `json:"ended,omitempty"`    // kept only to count a day's claims
}

// Bounds of claims. Operators have none but one open claim for each MAC.
const (
	ClaimTime       = time.Hour           // for the phone to prove its MAC
	DecisionTime    = 14 * 24 * time.Hour // for an operator to decide
	maxOpenClaims   = 5                   // of an account
	maxClaimsPerDay = 20                  // of an account
	maxPhoneClaims  = 4                   // open ones to one phone
)

// OpenAt reports whether c can still succeed at the time now.
func (c Claim) OpenAt(now time.Time) bool { return !c.Ended && now.Before(c.Until) }

// DoneAt reports whether nothing needs c any more.
func (c Claim) DoneAt(now time.Time) bool {
	return !c.OpenAt(now) && now.Sub(c.Made) >= 24*time.Hour
}

// Waits reports whether c waits for an operator, and not for the phone.
func (c Claim) Waits() bool { return c.Until.Sub(c.Made) > ClaimTime }

// HasCode reports whether code is that of c, in constant time.
func (c Claim) HasCode(code string) bool {
	return c.Code != "" && subtle.ConstantTimeCompare([]byte(c.Code), []byte(code)) == 1
}

// MakeClaim is the rule for a claim of by to the phone mac, whose state is prev; all
// are the claims so far. It is open for the duration life. The error is ErrNotFound
// if the phone is free, ErrOwnPhone if it is by's, ErrNoSettingServer if by has none
// to send it to, ErrClaimed if by has claimed it already, and ErrTooManyClaims.
func MakeClaim(prev Phone, mac macaddr.Addr, by Account, all []Claim, life time.Duration, now time.Time) (Claim, error) {
	open, today, ofPhone := 0, 0, 0
	for _, c := range all {
		mine, isOpen := c.Claimant == by.ID, c.OpenAt(now)
		switch {
		case mine && isOpen && c.MAC == mac:
			return Claim{}, ErrClaimed
		case mine && isOpen:
			open++
		case isOpen && c.MAC == mac:
			ofPhone++
		}
		if mine && now.Sub(c.Made) < 24*time.Hour {
			today++
		}
	}
	switch {
	case !by.Operates() && (open >= maxOpenClaims || today >= maxClaimsPerDay):
		return Claim{}, ErrTooManyClaims // before the rest: a refusal below is an answer about the phone
	case by.SettingServer.IsZero():
		return Claim{}, ErrNoSettingServer
	case prev.Owner == 0:
		return Claim{}, ErrNotFound
	case prev.Owner == by.ID:
		return Claim{}, ErrOwnPhone
	case !by.Operates() && ofPhone >= maxPhoneClaims:
		return Claim{}, ErrTooManyClaims
	}
	made := now.UTC().Truncate(time.Second)
	return Claim{MAC: mac, Claimant: by.ID, Code: newCode(), Made: made, Until: made.Add(life)}, nil
}

// newCode returns a random code of 26 characters, a to z and 2 to 7, that can't be
// guessed.
func newCode() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var code [26]byte
	_, _ = rand.Read(code[:]) // never fails
	for i, c := range code {
		code[i] = alphabet[c%32]
	}
	return string(code[:])
}

// Win is the rule for a phone whose state is prev and whose claim has succeeded: it
// is the claimant's, and follows the claimant's setting server. The error is
// ErrNoSettingServer if there is none by now, and ErrNoClaim if the claimant is
// disabled.
func (c Claim) Win(prev Phone, claimant Account, now time.Time) (Phone, error) {
	switch {
	case claimant.Disabled:
		return prev, ErrNoClaim
	case prev.Owner == claimant.ID && !prev.Held():
		return prev, nil
	case claimant.SettingServer.IsZero():
		return prev, ErrNoSettingServer
	}
	return Phone{MAC: c.MAC, Owner: claimant.ID, Registered: now.UTC().Truncate(time.Second)}, nil
}
