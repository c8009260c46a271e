package sshconsole

import (
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// pageSize is how many phones are read at a time: no page is held open while
// it is written to a slow caller.
const pageSize = 1000

// mac reads a MAC as partners type them.
func (c *call) mac(word string) (macaddr.Addr, error) {
	mac, err := macaddr.ParseShort(word)
	if err != nil {
		return mac, misunderstood("%q: %v.", word, err)
	}
	return mac, nil
}

// url reads a setting server's URL; "" is none.
func (c *call) url(word string) (store.URL, error) {
	if word == "" {
		return store.URL{}, nil
	}
	url, err := c.publicNames.ParseURL(word)
	switch {
	case errors.Is(err, store.ErrPointsBack):
		return url, refused("%q: %v.", word, err)
	case err != nil:
		return url, misunderstood("%q: %v.", word, err)
	}
	return url, nil
}

func show(c *call) error {
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	model := mac.Model()
	if model == "" {
		model = "unknown"
	}
	c.field("MAC", mac)
	c.field("Model", model)
	phone, err := c.registry.Phone(mac)
	switch {
	case errors.Is(err, store.ErrNotFound):
		c.field("State", "not registered")
		return nil
	case err != nil:
		return err
	case phone.Owner != c.by.ID && !c.by.Operates():
		c.field("State", "registered by another account")
		return nil
	}
	owner, err := c.registry.Account(phone.Owner)
	if err != nil {
		return err
	}
	c.field("State", "registered")
	if c.by.Operates() {
		c.field("Account", owner.Name)
	}
	c.field("Setting server", c.settingServer(phone, owner))
	c.field("Since", timestamp(phone.Registered))
	return nil
}

// field writes one line of an answer that has a name for each.
func (c *call) field(name string, value any) {
	fmt.Fprintf(c.out, "%-15s %v\n", name+":", value)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// settingServer tells where the phone is sent and whose that is.
func (c *call) settingServer(p store.Phone, owner store.Account) string {
	url, whose := p.URL, "the phone's own"
	if url.IsZero() {
		url, whose = owner.SettingServer, "the account's"
	}
	if c.publicNames.Hold(url) { // since a name was added to the service's
		whose += ", which is this service: the phone gets no settings"
	}
	return fmt.Sprintf("%v (%s)", url, whose)
}

func register(c *call) error {
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	url, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	owner := c.by
	if name, ok := c.options["account"]; ok {
		if owner, err = c.account(name); err != nil {
			return err
		}
	}
	phone, err := c.registry.Register(mac, owner.ID, url)
	switch {
	case errors.Is(err, store.ErrNoSettingServer):
		return c.noSettingServer(mac, owner)
	case errors.Is(err, store.ErrNoAccount):
		return explain(err, string(owner.Name))
	case err != nil:
		return explain(err, mac.String())
	}
	// What the account's is may have changed since it was looked up.
	if owner, err = c.registry.Account(phone.Owner); err != nil {
		return err
	}
	c.noted = []any{"mac", mac.String(), "owner", owner.Name}
	fmt.Fprintf(c.out, "%v registered. Setting server: %s\n", mac, c.settingServer(phone, owner))
	return nil
}

// noSettingServer tells how a phone would get one.
func (c *call) noSettingServer(mac macaddr.Addr, owner store.Account) error {
	switch {
	case !c.by.Operates():
		return refused("%v would have no setting server. Give it one, REGISTER %v <url>, or have your operator set one for all your phones.", mac, mac)
	case owner.ID == c.by.ID:
		return refused("%v would have no setting server. Give it one, REGISTER %v <url>, or give %s one, ACCOUNT SERVER %s <url>.", mac, mac, owner.Name, owner.Name)
	}
	return refused("%v would have no setting server. Give it one, REGISTER %v <url> --account %s, or give %s one, ACCOUNT SERVER %s <url>.", mac, mac, owner.Name, owner.Name, owner.Name)
}

func deregister(c *call) error {
	mac, err := c.mac(c.args[0])
	if err != nil {
		return err
	}
	phone, err := c.registry.Deregister(mac, c.by.ID)
	if err != nil {
		return explain(err, mac.String())
	}
	c.noted = []any{"mac", mac.String()}
	if owner, err := c.registry.Account(phone.Owner); err == nil {
		c.noted = append(c.noted, "owner", owner.Name)
	}
	fmt.Fprintf(c.out, "%v deregistered.\n", mac)
	return nil
}

// list writes the MACs in order: as many a line as the terminal is wide, one a
// line where there is none. An operator sees those of all accounts.
func list(c *call) error {
	owner := c.by.ID
	if c.by.Operates() {
		owner = 0
	}
	const digits = 12
	columns := max(1, (c.width()+1)/(digits+1))
	column := 0
	var last macaddr.Addr
	for {
		page, err := c.registry.Phones(owner, last, pageSize)
		if err != nil {
			return err
		}
		for _, p := range page {
			if column == columns {
				c.out.WriteByte('\n')
				column = 0
			} else if column > 0 {
				c.out.WriteByte(' ')
			}
			c.out.Write(p.MAC.AppendText(c.out.AvailableBuffer()))
			column++
			last = p.MAC
		}
		if len(page) < pageSize || c.ctx.Err() != nil {
			break
		}
		if err := c.out.Flush(); err != nil {
			return nil // the caller reads no further
		}
	}
	if column > 0 {
		c.out.WriteByte('\n')
	}
	return c.ctx.Err()
}
