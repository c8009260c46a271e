package rds

import (
	"errors"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// pageSize is how many phones are read at a time.
const pageSize = 1000

// listPhones replies the caller's phones in the order of their MACs: those of a
// model, and those sent to a URL, where these are not empty. Of a list that is
// under way only the MACs are held, 8 bytes each, and no page of the store.
func listPhones(c *call) (reply, error) {
	model, url := strings.TrimSpace(c.params[0].text), ""
	if len(c.params) > 1 {
		url = strings.TrimSpace(c.params[1].text)
	}
	var macs []macaddr.Addr
	var last macaddr.Addr
	for {
		page, err := c.Phones.Phones(c.by.ID, last, pageSize)
		if err != nil {
			return reply{}, err
		}
		for _, p := range page {
			last = p.MAC
			if url != "" && p.SettingServer(c.by).String() != url {
				continue
			}
			if model != "" {
				if is, err := c.model(p.MAC); err != nil {
					return reply{}, err
				} else if !macaddr.SameModel(model, is) {
					continue
				}
			}
			macs = append(macs, p.MAC)
		}
		if err := c.ctx.Err(); err != nil {
			return reply{}, err
		}
		if len(page) < pageSize {
			return list(macs), nil
		}
	}
}

// model returns the model of a phone by the range of its MAC or else, where no
// range is known, as it called itself last; "" where it never did.
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
