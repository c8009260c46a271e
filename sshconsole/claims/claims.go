// Package claims selects and words what an account may know of claims to phones.
package claims

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Registry is what a View reads of a store.
type Registry interface {
	Claims() ([]store.Claim, error)
	Phone(macaddr.Addr) (store.Phone, error)
	Account(store.AccountID) (store.Account, error)
}

// A View is the claims as an account sees them.
type View struct {
	Registry Registry
	By       store.Account
	URL      string // what precedes the code in the URL at which a phone proves a claim; "" if none can
}

// An Object is a claim for programs.
type Object struct {
	MAC      string     `json:"mac"`
	Account  store.Name `json:"account,omitempty"`  // that has the phone, for operators
	Claimant store.Name `json:"claimant,omitempty"` // for operators
	Yours    bool       `json:"yours,omitempty"`
	URL      string     `json:"url,omitempty"` // for the claimant
	Until    string     `json:"until,omitempty"`
	Objected bool       `json:"objected,omitempty"`
	Proven   bool       `json:"proven,omitempty"` // for operators
	DryRun   bool       `json:"dry_run,omitempty"`
}

// Object returns what the account may know of a claim, but for names. Only the
// claimant learns its code.
func (v View) Object(c store.Claim) Object {
	o := Object{MAC: c.MAC.String(), Yours: c.Claimant == v.By.ID, Until: wording.MachineTime(c.Until)}
	o.Objected = c.Objected
	o.Proven = c.Proven && v.By.Operates()
	if o.Yours && v.URL != "" && c.Code != "" && !c.Waits() {
		o.URL = v.URL + c.Code
	}
	return o
}

// Life returns how long a new claim is open: for the phone to prove it or, if none can,
// for an operator to decide.
func (v View) Life() time.Duration {
	if v.URL == "" {
		return store.DecisionTime
	}
	return store.ClaimTime
}

// each calls f with the open claims of the account and those to its phones; for
// operators with all.
func (v View) each(f func(store.Claim, store.Phone)) error {
	all, err := v.Registry.Claims()
	for _, c := range all {
		p, err := v.Registry.Phone(c.MAC)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if v.By.Operates() || c.Claimant == v.By.ID || p.Owner == v.By.ID {
			f(c, p)
		}
	}
	return err
}

// List calls f with each claim that concerns the account, and the same in words.
func (v View) List(f func(o Object, words string)) error {
	return v.each(func(c store.Claim, p store.Phone) {
		o := v.Object(c)
		words := o.MAC
		switch {
		case v.By.Operates():
			o.Claimant, o.Account = v.name(c.Claimant), v.name(p.Owner)
			words += fmt.Sprintf(", registered by %s, claimed by %s", cmp.Or(o.Account, "nobody"), o.Claimant)
		case o.Yours:
			words += ", claimed by you"
		default:
			words += ", claimed by another account"
		}
		words += ", until " + wording.Timestamp(c.Until)
		if o.Objected {
			words += ", objected"
		}
		if o.Proven {
			words += ", proven"
		}
		if o.URL != "" {
			words += ": " + o.URL
		}
		f(o, words)
	})
}

// name returns an account's name, or "" if it is gone.
func (v View) name(id store.AccountID) store.Name {
	a, err := v.Registry.Account(id)
	if err != nil {
		return ""
	}
	return a.Name
}

// Against words the claims of others to a phone of the account's.
func (v View) Against(mac macaddr.Addr) (all []string, err error) {
	err = v.each(func(c store.Claim, p store.Phone) {
		switch {
		case c.MAC != mac || p.Owner != v.By.ID || c.Claimant == v.By.ID:
		case c.Objected:
			all = append(all, fmt.Sprintf("until %s; you have objected", wording.Timestamp(c.Until)))
		default:
			all = append(all, fmt.Sprintf("until %s; to object: CLAIM OBJECT %v", wording.Timestamp(c.Until), mac))
		}
	})
	return all, err
}

// Notices returns what the account should know of claims when it logs in, in lines.
func (v View) Notices() (lines []string, err error) {
	mine, waiting := map[macaddr.Addr]bool{}, 0
	err = v.each(func(c store.Claim, p store.Phone) {
		if p.Owner == v.By.ID && c.Claimant != v.By.ID && !c.Objected {
			mine[c.MAC] = true
		}
		if v.By.Operates() && c.Waits() {
			waiting++
		}
	})
	if len(mine) > 0 {
		lines = append(lines, fmt.Sprintf("Phones of yours that another account claims: %d. CLAIM LIST shows them.", len(mine)))
	}
	if waiting > 0 {
		lines = append(lines, fmt.Sprintf("Claims that wait for an operator's decision: %d. CLAIM LIST shows them.", waiting))
	}
	return lines, err
}
