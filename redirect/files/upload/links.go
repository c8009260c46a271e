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

// A known is a stored file. It is filled in for one phone.
type known struct {
	template *template.Template // nil if it can't be read
	followed bool
	named    []store.FileName // files that it leads phones to
	next     []store.FileName // those that it names as a container
	firmware bool
}

// load reads a stored file.
func (c *checking) load(name store.FileName) (*known, error) {
	k := c.known[name]
	if k != nil {
		return k, nil
	}
	_, text, err := c.Store.File(c.account, name, 0)
	if err != nil && !errors.Is(err, store.ErrNoFile) {
		return nil, err
	}
	k = &known{}
	if t, err := template.Parse(text); err == nil {
		k.template = t
	}
	c.known[name] = k
	return k, nil
}

// follow returns what is wrong with where a file leads phones, one of which has that MAC,
// or any if it is zero.
func (c *checking) follow(name store.FileName, d check.Document, mac macaddr.Addr) (all []check.Finding, err error) {
	add := func(l check.Link, s check.Severity, r check.Rule, format string, args ...any) {
		all = append(all, check.Finding{File: string(name), Line: l.Line, Column: l.Column, Severity: s, Rule: r, Text: fmt.Sprintf(format, args...)})
	}
	for _, l := range d.Links {
		path, here := strings.CutPrefix(strings.TrimSpace(l.URL), c.url)
		if !here {
			continue
		}
		c.work += linkWork
		targets, ok, err := c.targets(path, mac)
		if err != nil {
			return nil, err
		}
		if ok && len(targets) == 0 {
			add(l, check.Warning, check.MissingFile, "%q is not among your files: upload it too", short(path))
		}
		if !l.Container {
			continue
		}
		for _, target := range targets {
			back, err := c.leadsBack(name.Fold(), target, mac)
			if err != nil {
				return nil, err
			}
			if back {
				add(l, check.Error, check.Circle, "a circle of containers, in which phones never come to an end: %s leads back to this file", target)
			} else if k := c.known[target]; k != nil && k.firmware {
				add(l, check.Error, check.FirmwareInContainer, "%s is <firmware-settings>, which phones don't take from a container: delete this line, and write the file's URL as firmware_status in <phone-settings>", target)
			}
		}
	}
	return all, nil
}

func short(path string) string {
	if len(path) <= 128 {
		return path
	}
	return strings.ToValidUTF8(path[:128], "") + "..."
}

// targets returns the files that a phone gets from a path below the account's URL: the one
// of that name and, because the phone requests this too, the one with "-MAC" in it. It
// reports false if that depends on what phones fill in.
func (c *checking) targets(path string, mac macaddr.Addr) (targets []store.FileName, ok bool, err error) {
	if err := c.list(); err != nil {
		return nil, false, err
	}
	if before, after, found := strings.Cut(path, "{mac}"); found {
		if !mac.IsValid() {
			mac = c.anyMAC(strings.ToLower(before), strings.ToLower(after))
		}
		path = strings.ReplaceAll(path, "{mac}", mac.String())
	}
	path, _, _ = strings.Cut(path, "?")
	if strings.Contains(path, "{") {
		return nil, false, nil
	}
	name, err := store.ParseFileName(path)
	if err != nil {
		return nil, true, nil
	}
	name = name.Fold()
	if c.names[name] && name != store.PhonesFile {
		targets = append(targets, name)
	}
	made := c.made[name]
	if mac.IsValid() {
		if made = name.Own(mac.String()).Fold(); !c.names[made] {
			made = ""
		}
	}
	if made != "" {
		targets = append(targets, made)
	}
	if general, _, ok := name.Template(); ok && targets == nil && c.names[general] {
		k, err := c.load(general)
		if err != nil {
			return nil, false, err
		}
		if k.template != nil && k.template.OfPhone() {
			targets = append(targets, general)
		}
	}
	return targets, true, nil
}

// anyMAC returns the MAC of a file between two parts of its name, or some MAC.
func (c *checking) anyMAC(before, after string) macaddr.Addr {
	c.work += linkWork * (1 + len(c.names)/8)
	for name := range c.names {
		rest, ok := strings.CutPrefix(string(name), before)
		if rest, ok2 := strings.CutSuffix(rest, after); ok && ok2 && len(rest) == 12 {
			if mac, err := macaddr.Parse(rest); err == nil {
				return mac
			}
		}
	}
	return macaddr.MustParse("000413000000")
}

// leadsBack reports whether containers lead from one file to another, or that is it.
// Templates are filled in for the phone with that MAC, or any.
func (c *checking) leadsBack(to, from store.FileName, mac macaddr.Addr) (bool, error) {
	seen := map[store.FileName]bool{from: true}
	for next := []store.FileName{from}; len(next) > 0 && c.work <= c.maxWork; {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		if name == to {
			return true, nil
		}
		leads, err := c.next(name, mac)
		if err != nil {
			return false, err
		}
		for _, n := range leads {
			c.work += linkWork
			if !seen[n] {
				seen[n] = true
				next = append(next, n)
			}
		}
	}
	return false, nil
}

// next returns the files that a stored file names as a container.
func (c *checking) next(name store.FileName, mac macaddr.Addr) ([]store.FileName, error) {
	k, err := c.load(name)
	if err != nil || k.followed || k.template == nil {
		return k.nextOf(), err
	}
	k.followed = true
	rows, err := c.storedRows()
	if err != nil {
		return nil, err
	}
	row := rows[mac]
	if row == nil && len(rows) > 0 {
		mac = slices.MinFunc(slices.Collect(maps.Keys(rows)), macaddr.Addr.Compare)
		row = rows[mac]
	}
	text, err := k.template.Fill(row, c.url)
	if err != nil {
		return nil, nil
	}
	c.work += len(text) + textWork + placeWork*k.template.Places()
	d := c.checker.Document("", text)
	k.firmware = d.Firmware
	for _, l := range d.Links {
		path, here := strings.CutPrefix(strings.TrimSpace(l.URL), c.url)
		if !here {
			continue
		}
		targets, _, err := c.targets(path, mac)
		if err != nil {
			return nil, err
		}
		k.named = append(k.named, targets...)
		if l.Container {
			k.next = append(k.next, targets...)
		}
	}
	return k.next, nil
}

// checkNamed adds a warning for each file that leads phones to one that is to be removed.
func (c *checking) checkNamed(removed store.FileName) error {
	if err := c.list(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		if name == removed.Fold() || name == store.PhonesFile || c.work > c.maxWork {
			continue
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if _, err := c.next(name, macaddr.Addr{}); err != nil {
			return err
		}
		if slices.Contains(c.known[name].named, removed.Fold()) {
			c.add(name, check.Warning, check.MissingFile, "it names %s, which phones won't find any more: change this file too", removed)
		}
	}
	return nil
}

func (k *known) nextOf() []store.FileName {
	if k == nil {
		return nil
	}
	return k.next
}
