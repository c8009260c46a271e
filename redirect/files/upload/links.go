package upload

import (
	"errors"
	"regexp"
	"strings"

	"snomredirect/redirect/check"
	"snomredirect/redirect/files/template"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// A link is where a file names another one of the same account.
type link struct {
	settings.Pos
	name      string // may contain {mac}
	contained bool   // of a container
}

// linksOf returns the links of a text, which has been filled in.
func (c *checking) linksOf(text []byte) (all []link) {
	file, err := settings.Read(text)
	if err != nil {
		return nil
	}
	add := func(at settings.Pos, url string, contained bool) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(url), c.url); ok {
			name, _, _ = strings.Cut(name, "?")
			all = append(all, link{at, name, contained})
		}
	}
	for _, n := range settings.All[*settings.NextFile](file) {
		add(n.Pos, n.URL, true)
	}
	for _, l := range settings.All[*settings.Language](file) {
		add(l.Pos, l.URL, false)
	}
	for _, s := range settings.All[*settings.Setting](file) {
		if s.Name == "firmware_status" {
			add(s.Pos, s.Value, false)
		}
	}
	return all
}

// links warns of files that are not there, which may be uploaded later, and refuses
// containers that lead back to themselves.
func (c *checking) links(name store.FileName, text []byte) {
	links := c.linksOf(text)
	if len(links) == 0 {
		return
	}
	files, err := c.config.Store.Files(c.account.ID)
	if c.failed(err) {
		return
	}
	there := map[store.FileName]bool{name.Fold(): true}
	for _, f := range files {
		there[f.Name.Fold()] = true
	}
	for _, l := range links {
		switch {
		case l.contained && c.leadsTo(l.name, name.Fold(), map[store.FileName]bool{}):
			c.add(name, l.Line, l.Column, check.Error, check.Circle, "%s leads back to this file, so that phones would request both for ever", store.Printable(l.name))
		case !exists(there, l.name):
			c.add(name, l.Line, l.Column, check.Warning, check.MissingFile, "%s is not here yet: upload it too", store.Printable(l.name))
		}
	}
}

// macMark is what the phone fills in.
var macMark = regexp.MustCompile(`(?i)\{mac\}`)

// exists reports whether a file of a name is there, for some phone if it contains {mac}.
func exists(there map[store.FileName]bool, name string) bool {
	name = strings.ToLower(name)
	if !strings.Contains(name, "{") {
		return there[store.FileName(name)]
	}
	if there[store.FileName(strings.ReplaceAll(name, "-{mac}", ""))] {
		return true
	}
	before, after := "", name
	if at := macMark.FindStringIndex(name); at != nil {
		before, after = name[:at[0]], name[at[1]:]
	}
	for n := range there {
		rest, ok := strings.CutPrefix(string(n), before)
		if ok && len(rest) == 12+len(after) && strings.HasSuffix(rest, after) {
			return true
		}
	}
	return strings.Contains(after, "{") // other marks can't be followed
}

// leadsTo reports whether a file is the one of a folded name, or a stored container that
// leads there.
func (c *checking) leadsTo(from string, to store.FileName, seen map[store.FileName]bool) bool {
	name := store.FileName(from).Fold()
	if name == to {
		return true
	}
	if seen[name] || c.err != nil {
		return false
	}
	seen[name] = true
	_, text, err := c.config.Store.File(c.account.ID, name, 0)
	if errors.Is(err, store.ErrNoFile) || c.failed(err) {
		return false
	}
	t, err := template.Parse(text)
	if err != nil || t.OfPhone() {
		return false
	}
	filled, err := t.Fill(nil, c.url)
	if err != nil {
		return false
	}
	for _, l := range c.linksOf(filled) {
		if l.contained && c.leadsTo(l.name, to, seen) {
			return true
		}
	}
	return false
}
