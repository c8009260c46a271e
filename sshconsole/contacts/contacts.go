// Package contacts selects what an account may know of phones' last contacts, and has
// their form for programs.
package contacts

import (
	"errors"
	"net/netip"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Source has the phones' last contacts.
type Source interface {
	// Contact returns a phone's last contact, or store.ErrNotFound.
	Contact(macaddr.Addr) (store.Contact, error)
}

// A View is the contacts as an account sees them.
type View struct {
	Source Source
	By     store.Account
}

// unregisteredContact is how long the contact of an unregistered phone is shown, to
// anybody: a partner sees that a phone just unpacked has called.
const unregisteredContact = time.Hour

// Last returns what the account may know of a phone's last contact; the zero Contact
// is none. registered says whether the account sees the phone as registered. It must
// not be another's, unless the account operates. A contact from before the phone was
// registered counts as that of an unregistered phone. While the phone was another
// account's, its contact is known to that account and to operators only. What it fetched
// is known if the phone is registered by the account whose file it was, also with a
// contact that has nothing else.
func (v View) Last(p store.Phone, registered bool) (store.Contact, error) {
	contact, err := v.Source.Contact(p.MAC)
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return store.Contact{}, err
	}
	fetched := contact.Fetched
	contact.Fetched = store.Fetch{}
	contact = v.request(contact, p, registered)
	if registered && fetched != (store.Fetch{}) && fetched.Owner == p.Owner && !fetched.At.Before(p.Registered) {
		contact.Fetched = fetched
	}
	return contact, nil
}

// request returns what the account may know of a phone's last request for its settings.
func (v View) request(contact store.Contact, p store.Phone, registered bool) store.Contact {
	if contact.Answer == 0 || !v.MayKnow(contact) {
		return store.Contact{}
	}
	unowned := contact.Owner == 0 && contact.Answer == store.Refused // the store failed: the owner is not known
	if !registered || contact.At.Before(p.Registered) || unowned {
		contact.From = netip.Addr{}
		if time.Since(contact.At) > unregisteredContact {
			return store.Contact{}
		}
	}
	return contact
}

// MayKnow reports whether the account may know of a contact: the phone was not another
// account's at that time.
func (v View) MayKnow(c store.Contact) bool {
	return c.Owner == 0 || c.Owner == v.By.ID || v.By.Operates()
}

// MayKnowFetch reports whether the account may know of a file that a phone requested.
func (v View) MayKnowFetch(f store.Fetch) bool {
	return f.Owner == v.By.ID || v.By.Operates()
}

// An Object is a contact for programs.
type Object struct {
	At       string       `json:"at"`
	From     string       `json:"from,omitempty"`
	Protocol string       `json:"protocol,omitempty"`
	Model    string       `json:"model,omitempty"`
	Firmware string       `json:"firmware,omitempty"`
	Proven   bool         `json:"proven"`
	Answer   store.Answer `json:"answer,omitzero"` // none if the phone has only fetched a file
	Refusal  string       `json:"refusal,omitempty"`
	Doubt    string       `json:"doubt,omitempty"`
}

// NewObject returns the object of a contact, or nil for the zero Contact.
func NewObject(c store.Contact) *Object {
	if !c.MAC.IsValid() {
		return nil
	}
	o := &Object{At: wording.MachineTime(c.At), Protocol: c.Protocol.String(), Model: c.Model, Firmware: c.Firmware, Proven: c.Proven, Answer: c.Answer, Refusal: c.Refusal, Doubt: c.Doubt()}
	if c.From.IsValid() {
		o.From = c.From.String()
	}
	return o
}

// A Scan is a request for a phone by a client that guessed MACs, for programs.
type Scan struct {
	At     string `json:"at"`
	From   string `json:"from"`
	Detail string `json:"detail"`
}

// NewScan returns the scan that an entry of the history records, or nil for the zero
// Entry.
func NewScan(e store.Entry) *Scan {
	if e.Audit.RemoteAddr == "" {
		return nil
	}
	return &Scan{wording.MachineTime(e.Last), e.Audit.RemoteAddr, e.Audit.Detail}
}
