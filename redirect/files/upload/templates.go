package upload

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/redirect/files/template"
	"snomredirect/store"
)

// storedRows returns the rows of phones.csv, or nil if there is none.
func (c *checking) storedRows() (template.Rows, error) {
	if c.rows != nil {
		return c.rows, nil
	}
	_, text, err := c.Store.File(c.account, store.PhonesFile, 0)
	if errors.Is(err, store.ErrNoFile) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.rows, err = template.ParseRows(text)
	if err != nil { // stored before a check that is stricter
		return nil, nil
	}
	return c.rows, nil
}

// A group is phones for which the same is filled in.
type group struct {
	mac macaddr.Addr // of the first
	n   int
}

// checkTemplate checks a template for all phones that it is for, except those for which
// before has the same values.
func (c *checking) checkTemplate(name store.FileName, t *template.Template, rows, before template.Rows) error {
	for _, row := range rows {
		var missing []string
		for _, column := range t.Columns() {
			if _, ok := row[column]; !ok {
				missing = append(missing, column)
			}
		}
		if missing != nil {
			c.add(name, check.Error, NoValue, "%s has no column %s, which ${%s} needs: %sor write $${ for ${ itself", store.PhonesFile, strings.Join(missing[:min(len(missing), 5)], ", "), missing[0], similarColumn(missing[0], row))
			return nil
		}
		break // all rows have the same columns
	}
	macs := slices.SortedFunc(maps.Keys(rows), macaddr.Addr.Compare)
	if mac, ok := name.MAC(); ok {
		if rows[mac] == nil {
			c.add(name, check.Error, NoValue, "%s has no row for %v: add it", store.PhonesFile, mac)
			return nil
		}
		macs = []macaddr.Addr{mac}
	}
	var groups []*group
	byValues, key := map[string]*group{}, []byte(nil)
	for _, mac := range macs {
		key = appendKey(key[:0], t, rows[mac])
		if old := before[mac]; old != nil && bytes.Equal(appendKey(nil, t, old), key) {
			continue
		}
		g := byValues[string(key)]
		if g == nil {
			g = &group{mac: mac}
			byValues[string(key)], groups = g, append(groups, g)
		}
		g.n++
	}
	for _, g := range groups {
		if err := c.checkFilled(name, t, rows[g.mac], *g); err != nil {
			return err
		}
		if c.work > c.maxWork {
			c.add(name, check.Error, TooMuch, "checking this file for %d phones takes too long: the files that are filled in for them have more than %d MiB together; move what is the same for all phones to a file without ${...}", len(groups), c.maxWork>>20)
			return nil
		}
	}
	return nil
}

// similarColumn returns what to do about a column that a row lacks: perhaps another one is
// meant.
func similarColumn(column string, row map[string]string) string {
	if similar := check.Nearest(column, slices.Sorted(maps.Keys(row))); similar != "" {
		return "did you mean its column " + similar + "? If not, add it, "
	}
	return "add it, "
}

// appendKey appends the values that a template needs. No value contains a zero byte. A row
// that lacks a column is like no other.
func appendKey(b []byte, t *template.Template, row map[string]string) []byte {
	for _, column := range t.Columns() {
		value, ok := row[column]
		if !ok {
			b = append(b, 0)
		}
		b = append(append(b, value...), 0)
	}
	return b
}
