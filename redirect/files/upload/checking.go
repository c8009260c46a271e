package upload

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
	"snomredirect/redirect/files/template"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// Bounds of what a check costs: about 4 s of a core's time at most.
const (
	maxWork   = 16 << 20 // bytes that are filled in and checked
	textWork  = 256      // what a text costs, in bytes, however short it is
	placeWork = 4        // and a place that is filled in, however short the value
	linkWork  = 32       // and a link that is followed
)

// A checking is the check of one upload.
type checking struct {
	*Uploads
	ctx     context.Context
	account store.AccountID
	space   store.FileSpace
	url     string // of the account's files
	checker check.Checker
	found   *found
	work    int

	upload store.FileName                    // folded, or "" if nothing is uploaded
	names  map[store.FileName]bool           // by list: of the files with the upload, folded
	made   map[store.FileName]store.FileName // by list: one "-MAC" file by the name without that
	known  map[store.FileName]*known
	rows   template.Rows // of the upload, if it is phones.csv
}

func (u *Uploads) begin(ctx context.Context, account store.AccountID) (*checking, error) {
	c := &checking{Uploads: u, ctx: ctx, account: account, found: newFound(), known: map[store.FileName]*known{}}
	c.checker.PublicNames = u.PublicNames
	var err error
	// A change after this is noticed by its revision.
	if c.space, err = u.Store.FileSpace(account); err != nil {
		return nil, err
	}
	token := c.space.Token
	if token == "" {
		token = store.NewFileToken() // as long as the one that the account will have
	}
	c.url = u.URL(token)
	return c, nil
}

// list reads the names of the account's files, once. A file without links to others needs
// none, so that many such files don't cost more each, the more there are.
func (c *checking) list() error {
	if c.names != nil {
		return nil
	}
	files, err := c.Store.Files(c.account)
	if err != nil {
		return err
	}
	c.names, c.made = map[store.FileName]bool{}, map[store.FileName]store.FileName{}
	for _, f := range files {
		c.addName(f.Name)
	}
	if c.upload != "" {
		c.addName(c.upload)
	}
	return nil
}

func (c *checking) addName(name store.FileName) {
	name = name.Fold()
	c.names[name] = true
	if general, _, ok := name.Template(); ok {
		c.made[general] = name
	}
}

func (c *checking) refusal(force bool) error {
	if c.found.refuses(force) {
		return ErrRefused
	}
	return nil
}

// add adds a finding that is about no single phone.
func (c *checking) add(file store.FileName, s check.Severity, r check.Rule, format string, args ...any) {
	c.found.add(macaddr.Addr{}, 1, check.Finding{File: string(file), Severity: s, Rule: r, Text: fmt.Sprintf(format, args...)})
}

// check checks an upload.
func (c *checking) check(name store.FileName, text []byte) error {
	if name.Fold() == store.PhonesFile {
		return c.checkPhones(text)
	}
	if path.Ext(string(name.Fold())) == ".csv" {
		c.add(name, check.Error, PhonesFile, "phones read no CSV, and whoever knows the URL could: the only one is %s, outside all folders, which nobody gets", store.PhonesFile)
		return nil
	}
	t, err := template.Parse(text)
	if err != nil {
		c.addWrong(name, Template, err)
		return nil
	}
	c.upload = name.Fold()
	c.known[name.Fold()] = &known{template: t, followed: true}
	if !t.OfPhone() {
		mac, _ := name.MAC()
		return c.checkFilled(name, t, nil, group{mac: mac, n: 1})
	}
	rows, err := c.storedRows()
	if err != nil {
		return err
	}
	if rows == nil {
		c.add(name, check.Error, NoValue, "${%s} can't be filled in, because there is no %s: upload that first", t.Columns()[0], store.PhonesFile)
		return nil
	}
	if err := c.checkTemplate(name, t, rows, nil); err != nil {
		return err
	}
	if _, specific := name.MAC(); specific {
		return nil
	}
	return c.checkRegistered(rows)
}

// addWrong adds the finding for an error of package template.
func (c *checking) addWrong(name store.FileName, r check.Rule, err error) {
	f := check.Finding{File: string(name), Severity: check.Error, Rule: r, Text: err.Error()}
	if wrong := (*template.Error)(nil); errors.As(err, &wrong) {
		f.Line, f.Column, f.Text = wrong.Line, wrong.Column, wrong.Text
		if f.Line > 0 {
			f.Column = max(f.Column, 1)
		}
	}
	c.found.add(macaddr.Addr{}, 1, f)
}

// checkFilled checks what some phones get.
func (c *checking) checkFilled(name store.FileName, t *template.Template, row map[string]string, g group) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	about := g.mac
	if row == nil { // the name shows the phone already
		about = macaddr.Addr{}
	}
	c.work += textWork + placeWork*t.Places()
	text, err := t.Fill(row, c.url)
	if err != nil {
		c.found.add(about, g.n, check.Finding{File: string(name), Severity: check.Error, Rule: Template, Text: "it can't be filled in: " + err.Error()})
		return nil
	}
	c.work += len(text)
	if !isSettings(name, text) {
		return nil
	}
	d := c.checker.Document(string(name), text)
	all := d.Findings
	if strings.HasPrefix(c.url, "http:") {
		all = append(all, d.InClear...)
	}
	more, err := c.follow(name, d, g.mac)
	c.found.add(about, g.n, append(all, more...)...)
	return err
}

// isSettings reports whether a file is one that package check knows.
func isSettings(name store.FileName, text []byte) bool {
	return settings.IsXML(text) || slices.Contains(check.Endings(), path.Ext(string(name.Fold())))
}
