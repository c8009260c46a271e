package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AccountID numbers an account for good: numbers are not given out again, so
// that what an old account left behind never falls to a new one. The zero
// AccountID is no account.
type AccountID uint32

// An Account may log in and own phones. Its JSON form is for backends to keep.
type Account struct {
	ID      AccountID `json:"-"`
	Name    Name      `json:"name"`
	Role    Role      `json:"role"`
	Company string    `json:"company,omitempty"` // as ParseCompany returns it

	// SettingServer is where the account's phones are sent that have no URL of
	// their own. It may be zero until it is first set, and never again.
	SettingServer URL `json:"-"`

	Keys         []Key        `json:"keys,omitempty"` // at most MaxKeys, in the order they were added
	PasswordHash PasswordHash `json:"password_hash,omitempty"`

	// Disabled accounts can't log in. Their phones are redirected all the same.
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"` // UTC, whole seconds
}

// Admin is the account that the service itself makes and can always bring back.
// It is an operator at all times, so that no partner is ever handed its powers.
const Admin Name = "admin"

// MaxKeys bounds the public keys of one account.
const MaxKeys = 100

// Operates reports whether a may act as an operator: by role, and not disabled.
func (a Account) Operates() bool { return a.Role == Operator && !a.Disabled }

// Key returns a's key of that fingerprint.
func (a Account) Key(fingerprint string) (Key, bool) {
	i := slices.IndexFunc(a.Keys, func(k Key) bool { return k.Fingerprint() == fingerprint })
	if i < 0 {
		return Key{}, false
	}
	return a.Keys[i], true
}

// AddKeys gives a the keys that it does not have yet; added tells how many
// those were. ErrTooManyKeys leaves a as it was.
func (a *Account) AddKeys(keys ...Key) (added int, err error) {
	next := slices.Clip(a.Keys)
	for _, k := range keys {
		if slices.ContainsFunc(next, k.SameKey) {
			continue
		}
		next = append(next, k)
		added++
	}
	if len(next) > MaxKeys {
		return 0, ErrTooManyKeys
	}
	a.Keys = next
	return added, nil
}

// RemoveKey takes a's key of that fingerprint away, or returns ErrNoKey.
func (a *Account) RemoveKey(fingerprint string) error {
	k, ok := a.Key(fingerprint)
	if !ok {
		return ErrNoKey
	}
	a.Keys = slices.DeleteFunc(slices.Clone(a.Keys), k.SameKey)
	return nil
}

// CheckAdd is the rule for a new account: the name [Admin] is an operator's.
// That the name is free is for the backend to see to (ErrNameTaken).
func CheckAdd(a Account) error {
	if a.Name == Admin && a.Role != Operator {
		return ErrAdminName
	}
	return nil
}

// CheckUpdate is the rule for changing prev into next. others is the number of
// accounts other than this one that operate.
func CheckUpdate(prev, next Account, others int) error {
	switch {
	case next.ID != prev.ID || next.Name != prev.Name || !next.Created.Equal(prev.Created):
		return errors.New("store: an account's id, name and creation stay")
	case !prev.SettingServer.IsZero() && next.SettingServer.IsZero():
		return ErrNoSettingServer
	case len(next.Keys) > MaxKeys:
		return ErrTooManyKeys
	case prev.Operates() && !next.Operates() && others == 0:
		return ErrLastOperator
	}
	return CheckAdd(next)
}

// CheckRemove is the rule for removing a. others is as for [CheckUpdate].
func CheckRemove(a Account, ownsPhones bool, others int) error {
	switch {
	case a.Operates() && others == 0:
		return ErrLastOperator
	case ownsPhones:
		return ErrOwnsPhones
	}
	return nil
}

// A Name is an account's name, the one its partner logs in with.
type Name string

// ParseName reads a name: 2 to 32 of a-z 0-9 . _ -, starting with a letter.
func ParseName(s string) (Name, error) {
	ok := len(s) >= 2 && len(s) <= 32 && 'a' <= s[0] && s[0] <= 'z'
	for _, c := range []byte(s) {
		ok = ok && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return "", errors.New("expected 2 to 32 of a-z 0-9 . _ - and a letter first")
	}
	return Name(s), nil
}

// maxCompany bounds a company's text, in bytes.
const maxCompany = 200

// ParseCompany reads a company's text: up to 200 bytes that print. Blanks
// around it are dropped; it may be empty.
func ParseCompany(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxCompany || !printable(s) {
		return "", fmt.Errorf("expected up to %d bytes of text without control characters", maxCompany)
	}
	return s, nil
}

// printable reports whether s can be written to a terminal as it is.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// A Role is what an account may do. The zero Role is Partner.
type Role uint8

const (
	// Partner accounts reach their own phones.
	Partner Role = iota
	// Operator accounts reach every account and its phones.
	Operator
)

// ParseRole reads "partner" or "operator", in any case.
func ParseRole(s string) (Role, error) {
	switch strings.ToLower(s) {
	case "partner":
		return Partner, nil
	case "operator":
		return Operator, nil
	}
	return 0, errors.New("expected partner or operator")
}

// String returns "partner" or "operator".
func (r Role) String() string {
	if r == Operator {
		return "operator"
	}
	return "partner"
}

// MarshalText implements [encoding.TextMarshaler] with the form of [Role.String].
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRole].
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}
