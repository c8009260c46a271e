package upload

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/redirect/files/template"
	"snomredirect/store"
)

// Bounds of what is said of phones without a row.
const (
	maxNamed   = 3
	maxRowless = 10_000 // that are counted
)

// checkPhones checks a phones.csv: all templates must be able to use it. Phones whose
// values have not changed are not checked again, so that one more phone costs little.
func (c *checking) checkPhones(text []byte) error {
	rows, err := template.ParseRows(text)
	if err != nil {
		c.addWrong(store.PhonesFile, PhonesFile, err)
		return nil
	}
	before, err := c.storedRows()
	if err != nil {
		return err
	}
	c.rows = rows
	if err := c.list(); err != nil {
		return err
	}
	general := false
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		if name == store.PhonesFile || c.work > c.maxWork {
			continue
		}
		k, err := c.load(name)
		if err != nil {
			return err
		}
		if k.template == nil || !k.template.OfPhone() {
			continue
		}
		if _, specific := name.MAC(); !specific {
			general = true
		}
		if err := c.checkTemplate(name, k.template, rows, before); err != nil {
			return err
		}
	}
	if err := c.checkRows(rows); err != nil || !general {
		return err
	}
	return c.checkRegistered(rows)
}

// checkRows adds a warning if rows are of phones that the account has not registered: such
// a MAC may be misspelt.
func (c *checking) checkRows(rows template.Rows) error {
	var named []string
	n := 0
	for _, mac := range slices.SortedFunc(maps.Keys(rows), macaddr.Addr.Compare) {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		p, err := c.Store.Phone(mac)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && p.Owner == c.account && !p.Held() {
			continue
		}
		if n++; len(named) < maxNamed {
			named = append(named, mac.String())
		}
	}
	switch {
	case n == 1:
		c.add(store.PhonesFile, check.Warning, NoPhone, "%s is not registered by the account, and gets no file: register it, or correct its row", named[0])
	case n > 1:
		c.add(store.PhonesFile, check.Warning, NoPhone, "%d rows are of phones that the account has not registered, and that get no file: register %s, or correct the rows", n, someOf(named, n))
	}
	return nil
}

// checkUnused adds an error if a template needs phones.csv.
func (c *checking) checkUnused() error {
	if err := c.list(); err != nil {
		return err
	}
	var needing []string
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		if name == store.PhonesFile {
			continue
		}
		k, err := c.load(name)
		if err != nil {
			return err
		}
		if k.template != nil && k.template.OfPhone() {
			needing = append(needing, string(name))
		}
	}
	if needing != nil {
		c.add(store.PhonesFile, check.Error, PhonesFile, "templates are filled in from it: remove %s first", someOf(needing, len(needing)))
	}
	return nil
}

// checkRegistered adds a warning if registered phones have no row.
func (c *checking) checkRegistered(rows template.Rows) error {
	const page = 1000
	var named []string
	n := 0
	for after := (macaddr.Addr{}); n < maxRowless; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		phones, err := c.Store.Phones(c.account, after, page)
		if err != nil {
			return err
		}
		for _, p := range phones {
			if p.Held() || rows[p.MAC] != nil {
				continue
			}
			if n++; len(named) < maxNamed {
				named = append(named, p.MAC.String())
			}
		}
		if len(phones) < page {
			break
		}
		after = phones[len(phones)-1].MAC
	}
	switch {
	case n == 1:
		c.add(store.PhonesFile, check.Warning, NoRow, "a registered phone has no row, and gets no template: add %s", named[0])
	case n >= maxRowless:
		c.add(store.PhonesFile, check.Warning, NoRow, "%d registered phones or more have no row, and get no template: add %s and so on", maxRowless, strings.Join(named, ", "))
	case n > 1:
		c.add(store.PhonesFile, check.Warning, NoRow, "%d registered phones have no row, and get no template: add %s", n, someOf(named, n))
	}
	return nil
}

// someOf names the first of n.
func someOf(names []string, n int) string {
	names = names[:min(len(names), maxNamed)]
	if more := n - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
