// Package check finds what phones would choke on in settings files, before a phone reads
// them: one file, a folder of a setting server, or what a phone requests during its first
// boot. What it knows is from snom's "Mass Deployment V7" slides, unless another source
// is named.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// A Severity is how bad a finding is.
type Severity string

const (
	Error   Severity = "error"   // phones don't do what the file means
	Warning Severity = "warning" // phones do it, and it is probably not wanted
	Hint    Severity = "hint"    // it may be a slip
)

// A Finding is something wrong in a file.
type Finding struct {
	File     string   `json:"file"`             // as the caller named it
	Line     int      `json:"line,omitempty"`   // from 1; 0 if it is about the whole file
	Column   int      `json:"column,omitempty"` // in characters, from 1
	Severity Severity `json:"severity"`
	Rule     Rule     `json:"rule"`
	Text     string   `json:"text"` // what is wrong, and what to write instead
}

// String returns the finding as compilers print it.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", f.File, f.Severity, f.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", f.File, f.Line, f.Column, f.Severity, f.Text)
}

// A Phone is a phone that reads the files.
type Phone struct {
	Model    string           // as macaddr.KnownModel returns it, or "" for any
	Firmware settings.Version // or zero for any
}

// A Checker checks files for a phone. Its methods are safe for concurrent use. It
// remembers the names of settings that it has seen.
type Checker struct {
	Phone Phone
	// PublicNames are the names of the redirection service, to which no setting server
	// may send a phone back.
	PublicNames store.PublicNames

	similar  sync.Map     // the results of similarTo, by compared
	compared atomic.Int64 // names in it
}

// A document is what is remembered of a file.
type document struct {
	findings []Finding
	// secrets are findings that count only if phones request the file unencrypted.
	secrets    []Finding
	named      []*settings.NextFile    // if the file is a container
	leads      map[string]settings.Pos // where each URL that leads a phone on is written
	links      []Link
	isFirmware bool // <firmware-settings>
}

// File checks one file by itself. Text is its content, and name what findings call it.
// The findings are in the order of the text.
func (c *Checker) File(name string, text []byte) []Finding {
	return c.read(name, text).findings
}

func (c *Checker) read(name string, text []byte) document {
	file, err := settings.Read(text)
	if err != nil {
		return document{findings: []Finding{syntax(name, err)}}
	}
	r := reading{Checker: c, name: name, File: file, given: map[key]settings.Pos{}, found: map[Severity]int{}}
	r.check()
	sortFindings(r.findings)
	d := document{findings: r.findings, secrets: r.secrets, isFirmware: file.Root.Name == "firmware-settings"}
	d.leads = map[string]settings.Pos{}
	for _, n := range settings.All[*settings.NextFile](file) {
		d.named = append(d.named, n)
		d.leads[n.URL] = n.Pos
		d.links = append(d.links, Link{n.Pos, n.URL, true})
	}
	for _, s := range settings.All[*settings.Setting](file) {
		if s.Name == settingServer || s.Name == firmwareStatus {
			d.leads[s.Value] = s.Pos
		}
		if s.Name == firmwareStatus {
			d.links = append(d.links, Link{s.Pos, s.Value, false})
		}
	}
	for _, l := range settings.All[*settings.Language](file) {
		d.links = append(d.links, Link{l.Pos, l.URL, false})
	}
	return d
}

// sortFindings sorts findings by file and place.
func sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// CountOf returns how many findings have a severity.
func CountOf(all []Finding, s Severity) (n int) {
	for _, f := range all {
		if f.Severity == s {
			n++
		}
	}
	return n
}
