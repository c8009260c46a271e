package shell

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/contacts"
	"snomredirect/sshconsole/usage"
	"snomredirect/sshconsole/wording"
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

// A selection is which phones the arguments and options of LIST and COUNT select.
type selection struct {
	model      string    // or ""
	server     string    // the setting server's URL, or ""
	search     string    // what the MAC, the model, the setting server or the note contains, in lower case, or ""
	heardSince time.Time // only phones without contact since then, unless zero
}

func (c *call) selection() (s selection, err error) {
	if s.model = c.args[0]; s.model != "" {
		var ok bool
		if s.model, ok = macaddr.KnownModel(s.model); !ok {
			return s, misunderstood(codeUsage, "%q: expected a model such as snom360, snomD785 or snomm9.", c.args[0])
		}
	}
	var given bool
	if s.server, given = c.options["server"]; given {
		if _, err := store.ParseURL(s.server); err != nil {
			return s, misunderstood(codeMalformedURL, "%q: %v.", s.server, err)
		}
	}
	if silent, given := c.options["silent"]; given {
		age, ok := usage.ParseAge(silent)
		if !ok {
			return s, misunderstood(codeUsage, "%q: expected a time such as 7d, 36h or 90m.", silent)
		}
		s.heardSince = time.Now().Add(-age)
	}
	s.search = strings.ToLower(c.options["search"])
	return s, nil
}

// selected calls f, as eachPhone does, for the phones of a selection. Operators select
// from the phones of all accounts.
func (c *call) selected(s selection, f func(*store.Phone, *store.Account) error) error {
	return c.eachPhone(func(p *store.Phone, owner *store.Account) error {
		if s.server != "" && p.SettingServer(*owner).String() != s.server {
			return nil
		}
		if s.search != "" && !c.contains(p, owner, s.search) {
			return nil
		}
		if s.model != "" {
			if is, err := c.isModel(p.MAC, s.model); err != nil || !is {
				return err
			}
		}
		if !s.heardSince.IsZero() {
			contact, err := c.Contacts.Contact(p.MAC)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err == nil && contact.At.After(s.heardSince) && c.contacts().MayKnow(contact) {
				return nil
			}
		}
		return f(p, owner)
	})
}

// contains reports whether what LIST --long shows of a phone contains a text, which is
// in lower case.
func (c *call) contains(p *store.Phone, owner *store.Account, text string) bool {
	for _, field := range []string{p.MAC.String(), p.MAC.Model(), p.SettingServer(*owner).String(), string(p.Note)} {
		if strings.Contains(strings.ToLower(field), text) {
			return true
		}
	}
	return c.by.Operates() && strings.Contains(string(owner.Name), text)
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

// errEnough ends a list at its limit.
var errEnough = errors.New("enough")

// listPhones writes MACs, as many per line as fit a terminal, otherwise one. With
// --long, and for programs, it writes more of each phone.
func listPhones(c *call) error {
	s, err := c.selection()
	if err != nil {
		return err
	}
	limit := math.MaxInt
	if text, given := c.options["limit"]; given {
		if limit, err = usage.ParseNumber(text, math.MaxInt32); err != nil {
			return misunderstood(codeUsage, "%q: %v.", text, err)
		}
	}
	_, long := c.options["long"]
	macs := macColumns{w: c.out, perLine: max(1, (c.Width()+1)/(macColumn+1))}
	n := 0
	err = c.selected(s, func(p *store.Phone, owner *store.Account) error {
		n++
		switch {
		case c.json || long:
			contact, err := c.contacts().Last(*p, true)
			if err != nil {
				return err
			}
			if c.json {
				o := c.phoneObject(*p, *owner)
				o.LastContact = contacts.NewObject(contact)
				c.object(o)
			} else {
				c.longLine(p, owner, contact)
			}
		default:
			macs.write(p.MAC)
		}
		if n == limit {
			return errEnough
		}
		return nil
	})
	macs.end()
	if err == errEnough {
		err = nil
	}
	if long && !c.json && err == nil && c.Width() > 0 {
		fmt.Fprintf(c.out, "%s.\n", wording.Plural(n, "phone", "phones"))
	}
	return err
}

// longLine writes a phone's MAC, model, last contact, account if the caller is an
// operator, setting server, of which up to 32 characters fit 80 columns, and note.
func (c *call) longLine(p *store.Phone, owner *store.Account, contact store.Contact) {
	heard, account := "none yet", ""
	if contact.MAC.IsValid() && contact.Answer != 0 {
		heard = wording.Minute(contact.At)
	}
	if c.by.Operates() {
		account = fmt.Sprintf("%-12s  ", owner.Name)
	}
	note := ""
	if p.Note != "" {
		note = "  " + string(p.Note)
	}
	fmt.Fprintf(c.out, "%v  %-9s  %-20s  %s%s%s\n", p.MAC, cmp.Or(p.MAC.Model(), contact.Model, "unknown"), heard, account, p.SettingServer(*owner), note)
}

// macColumn is the width of a MAC.
const macColumn = 12

// macColumns writes MACs, perLine on each line.
type macColumns struct {
	w       *bufio.Writer
	perLine int
	column  int
}

func (m *macColumns) write(mac macaddr.Addr) {
	if m.column == m.perLine {
		m.end()
	} else if m.column > 0 {
		m.w.WriteByte(' ')
	}
	m.w.Write(mac.AppendText(m.w.AvailableBuffer()))
	m.column++
}

// end ends the line, if there is one.
func (m *macColumns) end() {
	if m.column > 0 {
		m.w.WriteByte('\n')
		m.column = 0
	}
}

func count(c *call) error {
	s, err := c.selection()
	if err != nil {
		return err
	}
	n := 0
	if s == (selection{}) {
		id, err := c.scope()
		if err != nil {
			return err
		}
		u, err := c.Registry.Usage(id)
		if err != nil {
			return err
		}
		n = u.Phones
	} else if err := c.selected(s, func(*store.Phone, *store.Account) error { n++; return nil }); err != nil {
		return err
	}
	c.answer(map[string]int{"phones": n}, "%d\n", n)
	return nil
}
