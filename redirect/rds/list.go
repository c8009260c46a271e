package rds

import (
	"errors"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// pageSize is the number of phones read from the store at a time.
const pageSize = 1000

// listPhones replies with the account's phones in MAC order. If a model or a URL
// is given, it lists only the phones of that model or with that setting server.
// It keeps only the MACs in memory, 8 bytes each, while it reads the store page
// by page.
func listPhones(c *call) (reply, error) {
	model, url := strings.TrimSpace(c.params[0].text), ""
	if len(c.params) > 1 {
		url = strings.TrimSpace(c.params[1].text)
	}
	var macs []macaddr.Addr
	var last macaddr.Addr
	for {
		page, err := c.page(last)
		if err != nil {
			return reply{}, err
		}
		for _, p := range page {
			last = p.MAC
			if url != "" && p.SettingServer(c.account).String() != url {
				continue
			}
			if model != "" {
				if phoneModel, err := c.model(p.MAC); err != nil {
					return reply{}, err
				} else if !macaddr.SameModel(model, phoneModel) && !macaddr.SameModel(model, p.MAC.OlderModel()) {
					continue
				}
			}
			macs = append(macs, p.MAC)
		}
		if err := c.ctx.Err(); err != nil {
			return reply{}, err
		}
		if len(page) < pageSize {
			return listReply(macs), nil
		}
	}
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
