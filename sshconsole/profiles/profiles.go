// Package profiles words what an account consists of, for people and for programs.
package profiles

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// An Object is an account for programs.
type Object struct {
	Account       store.Name `json:"account"`
	Role          store.Role `json:"role"`
	State         string     `json:"state"`                     // enabled, disabled or removed
	NoPhones      bool       `json:"phones_disabled,omitempty"` // disabled with its phones
	Company       string     `json:"company,omitempty"`
	SettingServer store.URL  `json:"setting_server"`
	Password      bool       `json:"password"` // whether the account has one
	Keys          []Key      `json:"keys"`
	CreatedAt     string     `json:"created_at"`
	DryRun        bool       `json:"dry_run,omitempty"`
	*Usage                   // if it was counted
	APIKeys       *int       `json:"api_keys,omitempty"`   // if they were counted
	LastLogin     *Login     `json:"last_login,omitempty"` // if one is known, for operators
}

// A Login is an account's last login for programs.
type Login struct {
	At   string     `json:"at"`
	From netip.Addr `json:"from"`
}

// A Usage is an account's usage for programs.
type Usage struct {
	Phones int `json:"phones"`
	Held   int `json:"held"`
	Quota  int `json:"quota"`
}

// A Key is a public key for programs.
type Key struct {
	Fingerprint string `json:"fingerprint"`
	Kind        string `json:"kind"`
	Comment     string `json:"comment,omitempty"`
}

// New returns the object of an account, without its usage.
func New(a store.Account, dryRun bool) Object {
	o := Object{Account: a.Name, Role: a.Role, State: enabled(a), NoPhones: a.PhonesDisabled, Company: a.Company, SettingServer: a.SettingServer,
		Password: a.PasswordHash != "", Keys: []Key{}, CreatedAt: wording.MachineTime(a.Created), DryRun: dryRun}
	for _, k := range a.Keys {
		o.Keys = append(o.Keys, NewKey(k))
	}
	return o
}

// NewUsage returns the object of an account's usage.
func NewUsage(u store.Usage) *Usage { return &Usage{u.Phones, u.Held, u.Quota} }

// NewLogin returns the object of an account's last login, or nil for the zero Login.
func NewLogin(l store.Login) *Login {
	if l.At.IsZero() {
		return nil
	}
	return &Login{wording.MachineTime(l.At), l.From}
}

// NewKey returns the object of a key.
func NewKey(k store.Key) Key { return Key{k.Fingerprint(), k.Kind(), k.Comment()} }

// Write writes an account for people, a field on each line.
func Write(w io.Writer, a store.Account, u store.Usage, apiKeys int) {
	field := func(name string, value any) { fmt.Fprintf(w, "%-15s %v\n", name+":", value) }
	field("Account", a.Name)
	field("Role", a.Role)
	field("State", State(a))
	field("Company", a.Company)
	field("Setting server", a.SettingServer)
	password := "none"
	if a.PasswordHash != "" {
		password = "set"
	}
	field("Password", password)
	for _, k := range a.Keys {
		field("Key", KeyLine(k))
	}
	field("API keys", apiKeys)
	field("Phones", fmt.Sprintf("%s (quota %d)", UsageText(u), u.Quota))
	field("Created", wording.Timestamp(a.Created))
}

// A Row is an account in the list of all, which Line words.
type Row struct {
	Account   store.Account
	Usage     store.Usage
	LastLogin store.Login // zero if none is known
}

// Line words an account for a table of them, with a tab between two cells.
func (r Row) Line() string {
	login, server := "no login yet", "-"
	if at := r.LastLogin.At; !at.IsZero() {
		login = wording.Minute(at)
	}
	if !r.Account.SettingServer.IsZero() {
		server = r.Account.SettingServer.String()
	}
	return strings.Join([]string{string(r.Account.Name), r.Account.Role.String(), State(r.Account),
		wording.Plural(r.Usage.Phones, "phone", "phones"), login, server}, "\t")
}

// LoginText words an account's last login.
func LoginText(l store.Login) string {
	if l.At.IsZero() {
		return "none yet"
	}
	return fmt.Sprintf("%s from %v", wording.Timestamp(l.At), l.From)
}

// State words an account's state.
func State(a store.Account) string {
	if a.PhonesDisabled {
		return "disabled with its phones"
	}
	return enabled(a)
}

// enabled words whether an account can log in.
func enabled(a store.Account) string {
	if a.Disabled {
		return "disabled"
	}
	return "enabled"
}

// KeyLine words a key.
func KeyLine(k store.Key) string {
	return strings.TrimSpace(k.Fingerprint() + " " + k.Kind() + " " + k.Comment())
}

// UsageText words an account's usage, such as "12 registered, 3 on hold, 85 left".
func UsageText(u store.Usage) string {
	return fmt.Sprintf("%d registered, %d on hold, %d left", u.Phones, u.Held, u.Left())
}

// Credentials words what an account can log in with, after "has".
func Credentials(a store.Account) string {
	keys := wording.Plural(len(a.Keys), "key", "keys")
	switch password := a.PasswordHash != ""; {
	case len(a.Keys) == 0 && !password:
		return "no key or password left and can't log in"
	case len(a.Keys) == 0:
		return "a password and no key left"
	case password:
		return "a password and " + keys + " left"
	}
	return keys + " left"
}
