package shell

import (
	"errors"
	"fmt"

	"snomredirect/store"
)

// known is what the caller may know of a phone.
type known struct {
	phone   store.Phone // its MAC is always valid
	owner   store.Account
	object  phoneObject
	contact store.Contact
}

// look looks up the phone whose MAC was typed.
func (c *call) look(word string) (k known, err error) {
	mac, err := c.mac(word)
	if err != nil {
		return k, err
	}
	k.phone, err = c.Registry.Phone(mac)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	k.phone.MAC = mac
	if k.owner, err = c.owner(k.phone); err != nil {
		return k, err
	}
	k.object = c.phoneObject(k.phone, k.owner)
	k.contact, err = c.lastContact(k.phone, k.object.State)
	return k, err
}

func show(c *call) error {
	k, err := c.look(c.args[0])
	if err != nil {
		return err
	}
	phone, owner, object, contact := k.phone, k.owner, k.object, k.contact
	object.LastContact = newContactObject(contact)
	if c.json {
		c.object(object)
		return nil
	}
	model := object.Model
	if model == "" {
		model = "unknown"
	}
	c.field("MAC", phone.MAC)
	c.field("Model", model)
	switch object.State {
	case stateUnregistered:
		c.field("State", "not registered")
	case stateTaken:
		c.field("State", "registered by another account")
	case stateHeld:
		words := "on hold until " + timestamp(phone.HeldUntil)
		if phone.Owner == c.by.ID {
			words += ": REGISTER takes it back"
		} else {
			words += ": FREE lets others register it"
		}
		c.field("State", words)
	case stateRegistered:
		c.field("State", "registered")
	}
	if c.by.Operates() && phone.Owner != 0 {
		c.field("Account", owner.Name)
	}
	if object.State == stateRegistered {
		c.field("Setting server", c.settingServer(phone, owner))
		if owner.PhonesDisabled {
			c.field("Redirected", "no, because the account is disabled with its phones")
		}
		c.field("Since", timestamp(phone.Registered))
	}
	claimed, err := c.claims(c.by).Against(phone.MAC)
	if err != nil {
		return err
	}
	for _, words := range claimed {
		c.field("Claimed", words)
	}
	switch {
	case contact.MAC.IsValid():
		c.field("Last contact", timestamp(contact.At)+" "+contact.String())
	case object.State == stateRegistered:
		c.field("Last contact", "none yet")
	}
	return nil
}

// owner returns the account that has a phone, as it was when this command first
// looked it up. The last owner of a phone on hold may be gone.
func (c *call) owner(p store.Phone) (a store.Account, err error) {
	if p.Owner == 0 {
		return a, nil
	}
	a, ok := c.owners[p.Owner]
	if ok {
		return a, nil
	}
	a, err = c.Registry.Account(p.Owner)
	if p.Held() && errors.Is(err, store.ErrNoAccount) {
		err = nil
	}
	if err == nil {
		c.owners[p.Owner] = a
	}
	return a, err
}

// settingServer words where the phone is sent and whose setting that is.
func (c *call) settingServer(p store.Phone, owner store.Account) string {
	url, whose := p.SettingServer(owner), "the phone's own"
	if p.URL.IsZero() {
		whose = "the account's"
	}
	if c.PublicNames.Contains(url) { // a public name was added after the registration
		whose += ", which is this service: the phone gets no settings"
	}
	return fmt.Sprintf("%v (%s)", url, whose)
}
