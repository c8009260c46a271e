package rds

import (
	"errors"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// pageSize is the number of phones read from the store at a time.
const pageSize = 500

// listPhones replies with the account's phones in MAC order. If a model or a URL
// is given, it lists only the phones of that model or with that setting server.
// It keeps only the MACs in memory, 8 bytes each, while it reads the store page
// by page.
func listPhones(c *call) (reply, error) {
	model, url := strings.TrimSpace(c.params[0].text), ""
	if len(c.params) > 1 {
		url = strings.TrimSpace(c.params[1].text)
	}
	list := phoneList{call: c, model: model, url: url}
	for {
		n, err := list.readPage()
		if err != nil {
			return reply{}, err
		}
		if err := c.ctx.Err(); err != nil {
			return reply{}, err
		}
		if n < pageSize {
			return listReply(list.macs), nil
		}
	}
}

// A phoneList is a list as it is read: the phones of a model and with a setting
// server, if these are not "".
type phoneList struct {
	*call
	model, url string
	macs       []macaddr.Addr
	last       macaddr.Addr
}

// readPage reads a page when it is the account's turn, and returns how many phones
// were on it.
func (l *phoneList) readPage() (n int, err error) {
	done, err := l.Turn(l.ctx, l.account.ID)
	if err != nil {
		return 0, err
	}
	defer done()
	page, err := l.page(l.last)
	if err != nil {
		return 0, err
	}
	for _, p := range page {
		l.last = p.MAC
		if l.url != "" && p.SettingServer(l.account).String() != l.url {
			continue
		}
		if l.model != "" {
			if model, err := l.call.model(p.MAC); err != nil {
				return 0, err
			} else if !macaddr.SameModel(l.model, model) && !macaddr.SameModel(l.model, p.MAC.OlderModel()) {
				continue
			}
		}
		l.macs = append(l.macs, p.MAC)
	}
	return len(page), nil
}

// page returns the account's phones after a MAC, as long as the budget lasts.
func (c *call) page(after macaddr.Addr) ([]store.Phone, error) {
	exceeded := func() bool { return c.budget != nil && *c.budget < 0 }
	if !exceeded() {
		page, err := c.Phones.Phones(c.account.ID, after, pageSize)
		if c.budget != nil {
			*c.budget -= len(page)
		}
		if err != nil || !exceeded() {
			return page, err
		}
	}
	return nil, faultf(wrongParams, "Expected a system.multicall that reads at most %d phones: call redirect.listPhones on its own.", maxList)
}

// model returns the model of a phone by the range of its MAC. If no range is
// known, it returns the model that the phone last reported, or "".
func (c *call) model(a macaddr.Addr) (string, error) {
	if model := a.Model(); model != "" {
		return model, nil
	}
	contact, err := c.Contact(a)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return contact.Model, err
}
