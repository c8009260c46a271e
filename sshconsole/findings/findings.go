// Package findings writes what a check of settings files has found, for people or for
// programs.
package findings

import (
	"encoding/json"
	"fmt"
	"io"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Request is which phone's first boot is to be played, and for whom.
type Request struct {
	Account  store.AccountID // who wants to know
	MAC      macaddr.Addr
	Model    string    // if it is known otherwise than by the MAC, or ""
	Firmware string    // or ""
	URL      store.URL // its setting server
}

// A Finding is something wrong in a file, or with a URL that the phone requests.
type Finding struct {
	File     string `json:"file"`             // its URL
	Line     int    `json:"line,omitempty"`   // from 1; 0 if it is about the whole file
	Column   int    `json:"column,omitempty"` // in characters, from 1
	Severity string `json:"severity"`         // "error", "warning" or "hint"
	Rule     string `json:"rule"`
	Text     string `json:"text"`
}

// String returns the finding as a line, without its end.
func (f Finding) String() string {
	at := ""
	if f.Line > 0 {
		at = fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	return fmt.Sprintf("%s%s: %s: %s", f.File, at, f.Severity, f.Text)
}

// printable returns the finding with texts that do nothing to a terminal.
func (f Finding) printable() Finding {
	f.File, f.Text = store.Printable(f.File), store.Printable(f.Text)
	return f
}

// Write writes findings of an upload as lines, or as objects, and returns how many are
// errors. Their texts may be from outside; nothing in them reaches a terminal.
func Write(w io.Writer, asJSON bool, all []Finding) (errors int) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, f := range all {
		if f = f.printable(); f.Severity == "error" {
			errors++
		}
		if asJSON {
			_ = e.Encode(f) // if the writer fails, the client has gone
			continue
		}
		fmt.Fprintln(w, f)
	}
	return errors
}

// A Report is the result of a check.
type Report struct {
	MAC      macaddr.Addr `json:"mac"`
	Requests int          `json:"requests"`
	Errors   int          `json:"errors"`
	Warnings int          `json:"warnings"`
	Hints    int          `json:"hints"`
	Findings []Finding    `json:"findings"`

	Refusal string `json:"-"` // why no boot of this phone can be played, or ""
}

// Add adds a finding. Its texts may be from outside; nothing in them reaches a terminal.
func (r *Report) Add(f Finding) {
	f = f.printable()
	r.Findings = append(r.Findings, f)
	switch f.Severity {
	case "error":
		r.Errors++
	case "warning":
		r.Warnings++
	default:
		r.Hints++
	}
}

// Write writes the report as lines, the last one of which is a summary, or as an object.
func (r Report) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		if r.Findings == nil {
			r.Findings = []Finding{}
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(r)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(w, f)
	}
	_, err := fmt.Fprintf(w, "%v: %s, %s, %s, %s\n", r.MAC, wording.Plural(r.Requests, "request", "requests"),
		wording.Plural(r.Errors, "error", "errors"), wording.Plural(r.Warnings, "warning", "warnings"), wording.Plural(r.Hints, "hint", "hints"))
	return err
}
