package upload

import (
	"context"
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

const (
	// maxWork bounds the bytes that one change makes the service check: some seconds of
	// CPU time.
	maxWork = 32 << 20
	// maxFindings bounds the findings of one change that are reported.
	maxFindings = 200
	// maxLooked bounds the registered phones among which those without a row are counted.
	maxLooked = 100_000
)

// A checking is the check of one change of an account's files.
type checking struct {
	*Uploads
	ctx     context.Context
	account store.Account
	space   store.FileSpace
	url     string // of the account's files
	budget  int    // bytes that may still be checked

	findings []check.Finding
	err      error // of the store or ctx
}

func (c *checking) add(file store.FileName, line, column int, s check.Severity, rule check.Rule, format string, args ...any) {
	if len(c.findings) < maxFindings {
		c.findings = append(c.findings, check.Finding{File: string(file), Line: line, Column: column, Severity: s, Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
}

// failed notes an error of the store.
func (c *checking) failed(err error) bool {
	if c.err == nil {
		c.err = err
	}
	return err != nil
}

// file checks a text that is to be a file.
func (c *checking) file(name store.FileName, text []byte) {
	if name.Fold() == store.PhonesFile {
		c.phones(text)
		return
	}
	t := c.parse(name, text)
	if t == nil {
		return
	}
	if !t.OfPhone() {
		filled, err := t.Fill(nil, c.url)
		if err != nil {
			c.add(name, 0, 0, check.Error, Template, "%v", err)
			return
		}
		c.report(name, c.checker.File(string(name), filled), macaddr.Addr{}, 0)
		c.links(name, filled)
		return
	}
	_, csv, err := c.config.Store.File(c.account.ID, store.PhonesFile, 0)
	if errors.Is(err, store.ErrNoFile) {
		c.add(name, 0, 0, check.Error, Template, "${%s} without phones.csv: upload that first, with the columns %s", t.Columns()[0], strings.Join(append([]string{"mac"}, t.Columns()...), ","))
		return
	}
	if c.failed(err) {
		return
	}
	rows, err := template.ParseRows(csv)
	if c.failed(err) {
		return
	}
	c.rows(name, t, rows)
	if _, specific := name.MAC(); !specific {
		c.withoutRow(rows)
	}
}

func (c *checking) parse(name store.FileName, text []byte) *template.Template {
	t, err := template.Parse(text)
	var wrong *template.Error
	if errors.As(err, &wrong) {
		c.add(name, wrong.Line, wrong.Column, check.Error, Template, "%s", wrong.Text)
		return nil
	}
	return t
}

// phones checks a text that is to be phones.csv, with all files that are filled in from
// it.
func (c *checking) phones(text []byte) {
	rows, err := template.ParseRows(text)
	var wrong *template.Error
	if errors.As(err, &wrong) {
		c.add(store.PhonesFile, wrong.Line, wrong.Column, check.Error, PhonesCSV, "%s", wrong.Text)
		return
	}
	used := false
	for name, t := range c.templates() {
		_, specific := name.MAC()
		used = used || !specific
		c.rows(name, t, rows)
	}
	if used {
		c.withoutRow(rows)
	}
}

// removal checks that no file needs phones.csv.
func (c *checking) removal() {
	for name, t := range c.templates() {
		c.add(name, 0, 0, check.Error, Template, "it needs phones.csv for ${%s}: remove this file first", t.Columns()[0])
	}
}

// templates yields the stored files with values of phones.
func (c *checking) templates() func(func(store.FileName, *template.Template) bool) {
	return func(yield func(store.FileName, *template.Template) bool) {
		all, err := c.config.Store.Files(c.account.ID)
		if c.failed(err) {
			return
		}
		for _, f := range all {
			if f.Name.Fold() == store.PhonesFile {
				continue
			}
			_, text, err := c.config.Store.File(c.account.ID, f.Name, 0)
			if errors.Is(err, store.ErrNoFile) { // removed meanwhile, which the revision shows
				continue
			}
			if c.failed(err) || c.failed(c.ctx.Err()) {
				return
			}
			t, err := template.Parse(text)
			if c.failed(err) {
				return
			}
			if t.OfPhone() && !yield(f.Name, t) {
				return
			}
		}
	}
}

// rows checks what each phone gets that a file is for.
func (c *checking) rows(name store.FileName, t *template.Template, rows template.Rows) {
	ok := true
	for _, column := range t.Columns() {
		if !hasColumn(rows, column) {
			c.add(name, 0, 0, check.Error, Template, "${%s}: phones.csv has no column %s", column, column)
			ok = false
		}
	}
	macs := slices.SortedFunc(maps.Keys(rows), macaddr.Addr.Compare)
	if mac, specific := name.MAC(); specific {
		if rows[mac] == nil {
			c.add(name, 0, 0, check.Error, Template, "phones.csv has no row for %v", mac)
			ok = false
		}
		macs = []macaddr.Addr{mac}
	}
	if !ok {
		return
	}
	found := &joined{at: map[place]int{}}
	for i, mac := range macs {
		if c.failed(c.ctx.Err()) {
			return
		}
		filled, err := t.Fill(rows[mac], c.url)
		if err != nil {
			c.add(name, 0, 0, check.Error, Template, "for %v: %v", mac, err)
			return
		}
		if c.budget -= len(filled); c.budget < 0 {
			c.add(name, 0, 0, check.Error, Work, "checking it for all %d rows of phones.csv would take too long: put what is the same for all phones into a file without ${...}, or use fewer rows", len(macs))
			return
		}
		if i == 0 {
			c.links(name, filled)
		}
		found.add(c.checker.File(string(name), filled), mac)
	}
	for i, f := range found.findings {
		c.report(name, []check.Finding{f}, found.first[i], found.more[i])
	}
}

// hasColumn reports whether phones have a value in a column. Without rows, nobody gets a
// file that could lack one.
func hasColumn(rows template.Rows, column string) bool {
	for _, values := range rows { // all have the same columns
		_, ok := values[column]
		return ok
	}
	return true
}

// report adds findings about a file, for a phone and more of them if mac is valid.
func (c *checking) report(name store.FileName, all []check.Finding, mac macaddr.Addr, more int) {
	for _, f := range all {
		text := f.Text
		switch {
		case mac.IsValid() && more > 0:
			text = fmt.Sprintf("%s (for %v and %d more)", text, mac, more)
		case mac.IsValid():
			text = fmt.Sprintf("%s (for %v)", text, mac)
		}
		c.add(name, f.Line, f.Column, f.Severity, f.Rule, "%s", text)
	}
}

// A joined is what was found in the texts of many phones: alike ones once.
type joined struct {
	findings []check.Finding
	first    []macaddr.Addr
	more     []int
	at       map[place]int // indexes
}

// A place is what makes findings alike: their texts may contain values.
type place struct {
	line, column int
	rule         check.Rule
}

func (j *joined) add(all []check.Finding, mac macaddr.Addr) {
	for _, f := range all {
		p := place{f.Line, f.Column, f.Rule}
		i, known := j.at[p]
		switch {
		case known && j.first[i] != mac:
			j.more[i]++
		case !known && len(j.findings) < maxFindings:
			j.at[p] = len(j.findings)
			j.findings, j.first, j.more = append(j.findings, f), append(j.first, mac), append(j.more, 0)
		}
	}
}

// withoutRow warns of registered phones that get no file, because they have no row.
func (c *checking) withoutRow(rows template.Rows) {
	missing, after := 0, macaddr.Addr{}
	var first []string
	for range maxLooked / 1000 {
		page, err := c.config.Store.Phones(c.account.ID, after, 1000)
		if c.failed(err) || c.failed(c.ctx.Err()) {
			return
		}
		for _, p := range page {
			if after = p.MAC; p.Held() || rows[p.MAC] != nil {
				continue
			}
			if missing++; len(first) < 3 {
				first = append(first, p.MAC.String())
			}
		}
		if len(page) < 1000 {
			break
		}
	}
	switch {
	case missing == 1:
		c.add(store.PhonesFile, 0, 0, check.Warning, PhonesCSV, "1 registered phone has no row, so it gets no file with ${...}: %s", first[0])
	case missing > 1:
		c.add(store.PhonesFile, 0, 0, check.Warning, PhonesCSV, "%d registered phones have no row, so they get no file with ${...}: %s", missing, strings.Join(first, ", ")+more(missing-len(first)))
	}
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
