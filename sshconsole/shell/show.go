package shell

import (
	"errors"
	"fmt"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/contacts"
	"snomredirect/sshconsole/usage"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// known is what the caller may know of a phone.
type known struct {
	phone   store.Phone // its MAC is always valid
	owner   store.Account
	object  phoneObject
	contact store.Contact
	scan    store.Entry // only for SHOW
}

// look looks up a phone.
func (c *call) look(mac macaddr.Addr) (k known, err error) {
	k.phone, err = c.Registry.Phone(mac)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return k, err
	}
	k.phone.MAC = mac
	if err := c.Registry.MayKnow(c.by, k.phone); err != nil {
		return k, explain(err, mac.String())
	}
	if k.owner, err = c.owner(k.phone); err != nil {
		return k, err
	}
	k.object = c.phoneObject(k.phone, k.owner)
	if k.object.State != stateTaken {
		k.contact, err = c.contacts().Last(k.phone, k.object.State == stateRegistered)
	}
	return k, err
}

// show shows phones, with an empty line between two.
func show(c *call) error {
	ranges, err := c.macs(usage.SplitQuoted(c.list))
	if err != nil {
		return err
	}
	for i, r := range ranges {
		for mac := range r.All() {
			if (i > 0 || mac != r.First) && !c.json {
				c.out.WriteByte('\n')
			}
			if err := c.showPhone(mac); err != nil {
				return err
			}
			if err := c.ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *call) showPhone(mac macaddr.Addr) error {
	k, err := c.look(mac)
	if err != nil {
		return err
	}
	if k.scan, err = c.lastScan(k.phone, k.object.State); err != nil {
		return err
	}
	phone, owner, object, contact := k.phone, k.owner, k.object, k.contact
	if object.State == stateUnregistered || object.State == stateHeld {
		object.DefaultServer = c.Registry.Default().For(phone.MAC)
	}
	object.LastContact, object.Fetched, object.Scan = contacts.NewObject(contact), contacts.NewFetched(contact.Fetched), contacts.NewScan(k.scan)
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
		words := "on hold until " + wording.Timestamp(phone.HeldUntil)
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
	if object.Note != "" {
		c.field("Note", object.Note)
	}
	if object.State == stateRegistered {
		c.field("Setting server", c.settingServer(phone, owner))
		if owner.PhonesDisabled {
			c.field("Redirected", "no, because the account is disabled with its phones")
		}
		c.field("Since", wording.Timestamp(phone.Registered))
	}
	if !object.DefaultServer.IsZero() {
		c.field("Setting server", c.server(object.DefaultServer, "the service's default"))
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
		c.field("Last contact", wording.Timestamp(contact.At)+" "+contact.String())
	case object.State == stateRegistered:
		c.field("Last contact", "none yet")
	}
	if contact.Fetched != (store.Fetch{}) {
		c.field("Settings", contacts.FetchedWords(contact.Fetched))
	}
	if e := k.scan; e.Audit.RemoteAddr != "" {
		c.field("Scan", fmt.Sprintf("%s from %s, %s", wording.Timestamp(e.Last), e.Audit.RemoteAddr, e.Audit.Detail))
	}
	return nil
}

// lastScan returns the last request for a phone by a client that guessed MACs, if the
// caller may know of it; otherwise the zero Entry. What a former owner saw stays his.
func (c *call) lastScan(p store.Phone, state phoneState) (e store.Entry, err error) {
	if state != stateRegistered {
		return e, nil
	}
	err = c.turn(func() error {
		e, err = c.Registry.LastScan(p.Owner, p.MAC)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return e, err
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
	if p.URL.IsZero() {
		return c.server(owner.SettingServer, "the account's")
	}
	return c.server(p.URL, "the phone's own")
}

func (c *call) server(url store.URL, whose string) string {
	if c.PublicNames.Contains(url) { // a public name was added after the registration
		whose += ", which is this service: the phone gets no settings"
	}
	return fmt.Sprintf("%v (%s)", url, whose)
}
