package shell

import (
	"encoding/csv"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/usage"
	"snomredirect/store"
)

// pageSize is how many phones are read at once: no transaction stays open while a
// page is written to a slow client, and no turn takes long.
const pageSize = 500

// eachPage calls f for each page of an account's phones, or of all for 0, in the
// order of their MACs, and in the same turn in which it was read.
func (c *call) eachPage(owner store.AccountID, f func([]store.Phone) error) error {
	var last macaddr.Addr
	for {
		n := 0
		err := c.turn(func() error {
			page, err := c.Registry.Phones(owner, last, pageSize)
			if err != nil || len(page) == 0 {
				return err
			}
			n, last = len(page), page[len(page)-1].MAC
			return f(page)
		})
		if err != nil {
			return err
		}
		if err := c.ctx.Err(); err != nil || n < pageSize {
			return err
		}
	}
}

// selected calls f, as eachPhone does, for the phones that the arguments and options of
// LIST and COUNT select. Operators select from the phones of all accounts.
func (c *call) selected(f func(*store.Phone, *store.Account) error) error {
	model := c.args[0]
	if model != "" {
		var ok bool
		if model, ok = macaddr.KnownModel(model); !ok {
			return misunderstood(codeUsage, "%q: expected a model such as snom360, snomD785 or snomm9.", c.args[0])
		}
	}
	server, byServer := c.options["server"]
	if byServer {
		if _, err := store.ParseURL(server); err != nil {
			return misunderstood(codeMalformedURL, "%q: %v.", server, err)
		}
	}
	var heardSince time.Time
	silent, bySilence := c.options["silent"]
	if bySilence {
		age, ok := usage.ParseAge(silent)
		if !ok {
			return misunderstood(codeUsage, "%q: expected a time such as 7d, 36h or 90m.", silent)
		}
		heardSince = time.Now().Add(-age)
	}
	return c.eachPhone(func(p *store.Phone, owner *store.Account) error {
		if byServer && p.SettingServer(*owner).String() != server {
			return nil
		}
		if model != "" {
			if is, err := c.isModel(p.MAC, model); err != nil || !is {
				return err
			}
		}
		if bySilence {
			contact, err := c.Contacts.Contact(p.MAC)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err == nil && contact.At.After(heardSince) && c.contacts().MayKnow(contact) {
				return nil
			}
		}
		return f(p, owner)
	})
}

// isModel reports whether a phone's range has a model, by its name or an older one.
// If no range is known, it goes by the model that the phone last reported.
func (c *call) isModel(mac macaddr.Addr, model string) (bool, error) {
	if known := mac.Model(); known != "" {
		return known == model || mac.OlderModel() == model, nil
	}
	contact, err := c.Contacts.Contact(mac)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return macaddr.SameModel(model, contact.Model), err
}

// eachPhone calls f for each phone in scope, with its owner. Both are f's only until it
// returns: there may be millions, and copies of accounts are large.
func (c *call) eachPhone(f func(*store.Phone, *store.Account) error) error {
	id, err := c.scope()
	if err != nil {
		return err
	}
	var owner store.Account // of the last phone
	return c.eachPage(id, func(page []store.Phone) error {
		for i := range page {
			p := &page[i]
			if p.Owner != owner.ID {
				var err error
				owner, err = c.owner(*p)
				if errors.Is(err, store.ErrNoAccount) { // it has just been removed, and its phones transferred
					if *p, err = c.Registry.Phone(p.MAC); err == nil {
						owner, err = c.owner(*p)
					}
					if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNoAccount) || p.Held() || id != 0 && p.Owner != id {
						continue
					}
				}
				if err != nil {
					return err
				}
			}
			if err := f(p, &owner); err != nil {
				return err
			}
		}
		return nil
	})
}

// scope returns the account whose phones and history a command shows: that of
// --account, or the caller's, or for an operator all, which is 0.
func (c *call) scope() (store.AccountID, error) {
	if _, one := c.options["account"]; !one && c.by.Operates() {
		return 0, nil
	}
	account, err := c.forAccount()
	return account.ID, err
}

// listPhones writes MACs: as many per line as fit a terminal, otherwise one.
func listPhones(c *call) error {
	const digits = 12
	columns := max(1, (c.Width()+1)/(digits+1))
	column := 0
	err := c.selected(func(p *store.Phone, owner *store.Account) error {
		if c.json {
			c.object(c.phoneObject(*p, *owner))
			return nil
		}
		if column == columns {
			c.out.WriteByte('\n')
			column = 0
		} else if column > 0 {
			c.out.WriteByte(' ')
		}
		c.out.Write(p.MAC.AppendText(c.out.AvailableBuffer()))
		column++
		return nil
	})
	if column > 0 {
		c.out.WriteByte('\n')
	}
	return err
}

func count(c *call) error {
	_, byServer := c.options["server"]
	_, bySilence := c.options["silent"]
	n := 0
	if c.args[0] == "" && !byServer && !bySilence {
		id, err := c.scope()
		if err != nil {
			return err
		}
		u, err := c.Registry.Usage(id)
		if err != nil {
			return err
		}
		n = u.Phones
	} else if err := c.selected(func(*store.Phone, *store.Account) error { n++; return nil }); err != nil {
		return err
	}
	c.answer(map[string]int{"phones": n}, "%d\n", n)
	return nil
}

// export writes mac,url for each phone, in the form that REGISTER - reads. The url
// is empty if the phone follows its account.
func export(c *call) error {
	w := csv.NewWriter(c.out) // a URL may contain a comma
	defer w.Flush()
	return c.eachPhone(func(p *store.Phone, _ *store.Account) error {
		if c.json {
			c.object(exportObject{p.MAC, p.URL})
		} else {
			_ = w.Write([]string{p.MAC.String(), p.URL.String()})
		}
		return nil
	})
}

type exportObject struct {
	MAC macaddr.Addr `json:"mac"`
	URL store.URL    `json:"url"` // "" follows the account
}
