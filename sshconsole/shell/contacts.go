package shell

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Contacts is what was last heard of phones. Its methods may be called at the
// same time.
type Contacts interface {
	// Contact returns what was last heard of a phone, or store.ErrNotFound.
	Contact(macaddr.Addr) (store.Contact, error)
	// Watch has heard called for every contact from now on, by whoever hears
	// it: heard must return at once. It is not called any more once stop has
	// returned.
	Watch(heard func(store.Contact)) (stop func())
}

// noContacts is where nothing is heard.
type noContacts struct{}

func (noContacts) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}
func (noContacts) Watch(func(store.Contact)) (stop func()) { return func() {} }

// strangersContact is how long the contact of a phone that is nobody's is told:
// a partner sees that the phone just unpacked has asked in vain.
const strangersContact = time.Hour

// lastContact returns what the caller may know of the last contact of a phone,
// which is told as state; the zero Contact is nothing. What was heard of it
// before it was its owner's is as of a phone that is nobody's.
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
	}
	if state != stateRegistered || contact.At.Before(p.Registered) {
		contact.From = netip.Addr{}
		if time.Since(contact.At) > strangersContact {
			return store.Contact{}, nil
		}
	}
	return contact, nil
}

// A contactObject is a contact for programs.
type contactObject struct {
	At       string       `json:"at"`
	From     string       `json:"from,omitempty"`
	Model    string       `json:"model,omitempty"`
	Firmware string       `json:"firmware,omitempty"`
	Proven   bool         `json:"proven"`
	Answer   store.Answer `json:"answer"`
	Doubt    string       `json:"doubt,omitempty"`
}

func newContactObject(c store.Contact) *contactObject {
	if !c.MAC.IsValid() {
		return nil
	}
	o := &contactObject{At: machineTime(c.At), Model: c.Model, Firmware: c.Firmware, Proven: c.Proven, Answer: c.Answer, Doubt: doubt(c)}
	if c.From.IsValid() {
		o.From = c.From.String()
	}
	return o
}

// doubt tells what contradicts a phone's question.
func doubt(c store.Contact) string {
	var doubts []string
	switch {
	case c.OtherCertificate:
		doubts = append(doubts, "its certificate is another phone's")
	case c.Answer == store.Withheld:
		doubts = append(doubts, "no certificate proves its MAC")
	}
	switch {
	case c.OtherMAC && c.OtherModel:
		doubts = append(doubts, "its User-Agent names another MAC and another model")
	case c.OtherMAC:
		doubts = append(doubts, "its User-Agent names another MAC")
	case c.OtherModel:
		doubts = append(doubts, "its User-Agent names another model")
	}
	return strings.Join(doubts, ", ")
}

// contactText is such as "snom360 with firmware 7.3.14, proven, redirected".
func contactText(c store.Contact) string {
	var parts []string
	model := c.Model
	if model != "" && c.Firmware != "" {
		model += " with firmware " + c.Firmware
	}
	proven := ""
	if c.Proven {
		proven = "proven"
	}
	for _, part := range []string{model, proven, c.Answer.String(), doubt(c)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ", ")
	if c.From.IsValid() {
		text = fmt.Sprintf("from %v: %s", c.From, text)
	}
	return text
}

// parseAge reads a time gone by, such as 7d, 36h or 90m.
func parseAge(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	for unit, long := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			hours, err := time.ParseDuration(n + "h")
			if strings.Trim(n, "0123456789") != "" || err != nil || hours > 1<<62/(long/time.Hour) {
				return 0, false
			}
			return hours * (long / time.Hour), hours > 0
		}
	}
	age, err := time.ParseDuration(s)
	return age, err == nil && age > 0
}
