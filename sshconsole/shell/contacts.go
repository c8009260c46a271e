package shell

import (
	"errors"
	"net/netip"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// Contacts are the last contacts of phones. Its methods may be called
// concurrently.
type Contacts interface {
	// Contact returns a phone's last contact, or store.ErrNotFound.
	Contact(macaddr.Addr) (store.Contact, error)
	// Watch calls onContact for every contact from now on, on the goroutine of the
	// phone's request: onContact must return at once. It is not called after stop
	// has returned.
	Watch(onContact func(store.Contact)) (stop func())
}

// noContacts has no contacts.
type noContacts struct{}

func (noContacts) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}
func (noContacts) Watch(func(store.Contact)) (stop func()) { return func() {} }

// unregisteredContact is how long the contact of an unregistered phone is shown, to
// anybody: a partner sees that a phone just unpacked has called.
const unregisteredContact = time.Hour

// lastContact returns what the caller may know of a phone's last contact, given the
// state that the caller sees; the zero Contact is none. A contact from before the
// phone was registered counts as that of an unregistered phone. While the phone was
// another account's, its contact is known to that account and to operators only.
func (c *call) lastContact(p store.Phone, state phoneState) (store.Contact, error) {
	if state == stateTaken {
		return store.Contact{}, nil
	}
	contact, err := c.Contacts.Contact(p.MAC)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Contact{}, nil
	case err != nil:
		return store.Contact{}, err
	case c.isAnothers(contact):
		return store.Contact{}, nil
	}
	unowned := contact.Owner == 0 && contact.Answer == store.Refused // the store failed: the owner is not known
	if state != stateRegistered || contact.At.Before(p.Registered) || unowned {
		contact.From = netip.Addr{}
		if time.Since(contact.At) > unregisteredContact {
			return store.Contact{}, nil
		}
	}
	return contact, nil
}

// isAnothers reports whether the phone was another account's at the time of a contact,
// so that the caller may not know of it.
func (c *call) isAnothers(contact store.Contact) bool {
	return contact.Owner != 0 && contact.Owner != c.by.ID && !c.by.Operates()
}

// A scanObject is a request for a phone by a client that guessed MACs, for programs.
type scanObject struct {
	At     string `json:"at"`
	From   string `json:"from"`
	Detail string `json:"detail"`
}

func newScanObject(e store.Entry) *scanObject {
	if e.Audit.RemoteAddr == "" {
		return nil
	}
	return &scanObject{wording.MachineTime(e.Last), e.Audit.RemoteAddr, e.Audit.Detail}
}

// A contactObject is a contact for programs.
type contactObject struct {
	At       string       `json:"at"`
	From     string       `json:"from,omitempty"`
	Model    string       `json:"model,omitempty"`
	Firmware string       `json:"firmware,omitempty"`
	Proven   bool         `json:"proven"`
	Answer   store.Answer `json:"answer"`
	Refusal  string       `json:"refusal,omitempty"`
	Doubt    string       `json:"doubt,omitempty"`
}

func newContactObject(c store.Contact) *contactObject {
	if !c.MAC.IsValid() {
		return nil
	}
	o := &contactObject{At: wording.MachineTime(c.At), Model: c.Model, Firmware: c.Firmware, Proven: c.Proven, Answer: c.Answer, Refusal: c.Refusal, Doubt: c.Doubt()}
	if c.From.IsValid() {
		o.From = c.From.String()
	}
	return o
}
