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

// An AccountID identifies an account. IDs are never reused, so a new account never
// inherits what a removed one left. The zero AccountID is no account.
type AccountID uint32

// An Account can log in and own phones. Backends store its JSON form.
type Account struct {
	ID      AccountID `json:"-"`
	Name    Name      `json:"name"`
	Role    Role      `json:"role"`
	Company string    `json:"company,omitempty"` // as ParseCompany returns it

	// SettingServer is the setting server of the account's phones without a URL of
	// their own. It may be zero until it is first set, but not afterwards.
	SettingServer URL `json:"-"`

	Keys         []Key        `json:"keys,omitempty"` // at most MaxKeys, in the order they were added
	PasswordHash PasswordHash `json:"password_hash,omitempty"`

	// Quota is how many phones the account can have, including those on hold for it.
	// If 0, it is the service's default.
	Quota int `json:"quota,omitempty"`

	// Disabled accounts can't log in. Their phones are still redirected, unless
	// PhonesDisabled is set too.
	Disabled       bool      `json:"disabled,omitempty"`
	PhonesDisabled bool      `json:"phones_disabled,omitempty"`
	Created        time.Time `json:"created"` // UTC, whole seconds
}

// Admin is the account that the service itself creates and can always restore. It
// must be an operator, so that restoring it never makes a partner one.
const Admin Name = "admin"

// MaxKeys is the maximum number of public keys of one account.
const MaxKeys = 100

// Operates reports whether a is an enabled operator.
func (a Account) Operates() bool { return a.Role == Operator && !a.Disabled }

// CanLogIn reports whether a has a key or a password. It may be disabled all the same.
func (a Account) CanLogIn() bool { return len(a.Keys) > 0 || a.PasswordHash != "" }

// Key returns a's key with that fingerprint.
func (a Account) Key(fingerprint string) (Key, bool) {
	i := slices.IndexFunc(a.Keys, func(k Key) bool { return k.Fingerprint() == fingerprint })
	if i < 0 {
		return Key{}, false
	}
	return a.Keys[i], true
}

// AddKeys adds the keys that a does not have yet and returns their number. On
// ErrTooManyKeys, a is unchanged.
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

// RemoveKey removes a's key with that fingerprint. The error is ErrNoKey if there
// is no such key.
func (a *Account) RemoveKey(fingerprint string) error {
	k, ok := a.Key(fingerprint)
	if !ok {
		return ErrNoKey
	}
	a.Keys = slices.DeleteFunc(slices.Clone(a.Keys), k.SameKey)
	return nil
}

// CheckAdd checks the rule for a new account: the one named [Admin] must be an
// operator. The backend checks that the name is free (ErrNameTaken).
func CheckAdd(a Account) error {
	if a.Name == Admin && a.Role != Operator {
		return ErrAdminName
	}
	return nil
}

// CheckUpdate checks the rules for changing prev into next. by is the account that
// makes the change, or 0 for the service; others is the number of enabled operators
// other than prev.
func CheckUpdate(prev, next Account, by AccountID, others int) error {
	switch {
	case next.ID != prev.ID || next.Name != prev.Name || !next.Created.Equal(prev.Created):
		return errors.New("store: an account's ID, name and creation time can't be changed")
	case !prev.SettingServer.IsZero() && next.SettingServer.IsZero():
		return ErrNoSettingServer
	case len(next.Keys) > MaxKeys:
		return ErrTooManyKeys
	case next.PhonesDisabled && !next.Disabled:
		return errors.New("store: the phones of an enabled account can't be disabled")
	case next.Quota < 0 || next.Quota > MaxQuota:
		return fmt.Errorf("store: a quota of %d phones", next.Quota)
	case prev.Operates() && !next.Operates() && others == 0:
		return ErrLastOperator
	case prev.CanLogIn() && !next.CanLogIn() && (by == prev.ID || prev.Name == Admin):
		return ErrLastCredential
	}
	return CheckAdd(next)
}

// CheckRemove checks the rules for removing a. others is as for [CheckUpdate].
func CheckRemove(a Account, ownsPhones bool, others int) error {
	switch {
	case a.Operates() && others == 0:
		return ErrLastOperator
	case ownsPhones:
		return ErrOwnsPhones
	}
	return nil
}

// A Name is an account's name, which its partner logs in with.
type Name string

// ParseName parses a name: 2 to 32 of a-z 0-9 . _ -, starting with a letter.
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

// maxCompany is the maximum length of a company's name in bytes.
const maxCompany = 200

// ParseCompany parses a company's name: up to 200 bytes of printable text. It drops
// surrounding white space. The name may be empty.
func ParseCompany(s string) (string, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxCompany || !printable(s) {
		return "", fmt.Errorf("expected up to %d bytes of text without control characters", maxCompany)
	}
	return s, nil
}

// printable reports whether s can be written to a terminal unchanged.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// A Role determines what an account may do. The zero Role is Partner.
type Role uint8

const (
	// Partner accounts manage their own phones.
	Partner Role = iota
	// Operator accounts manage all accounts and their phones.
	Operator
)

// ParseRole parses "partner" or "operator", in any case.
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
