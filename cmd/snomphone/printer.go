package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A printer tells people of a boot.
type printer struct{ w io.Writer }

func (t printer) line(format string, args ...any) {
	fmt.Fprintln(t.w, printable(fmt.Sprintf(format, args...)))
}

func (t printer) phone(p phone) {
	t.line("%s with firmware %s, %v", p.model, p.firmware, p.mac)
	t.line("User-Agent: %s", p.userAgent)
}

// step tells of a step in some lines behind an empty one.
func (t printer) step(s *step) {
	fmt.Fprintln(t.w)
	t.line("%d. %s (%s)", s.Number, s.URL, s.Why)
	switch {
	case s.Location != "" && s.Problem == "":
		t.line("   %s: %s", statusText(s.Status), s.Location)
		return
	case s.Form != "":
		t.line("   %s, %s, %s: %s", statusText(s.Status), s.Form, plural(s.Bytes, "byte"), s.content())
	case s.Status != 0:
		t.line("   %s", statusText(s.Status))
	}
	if s.Skipped != nil {
		t.line("   %s no setting and left out, first line %d", plural(len(s.Skipped), "line is", "lines are"), s.Skipped[0])
	}
	for _, file := range s.Files {
		t.line("   names %s", file)
	}
	if s.Server != nil {
		t.line("   setting_server %s %s: %s", s.Server.Flag.text(), s.Server.Value, s.fate())
	}
	if s.Problem != "" {
		t.line("   failed: %s", s.Problem)
	}
}

// content says what a file holds, such as "3 settings, 12 entries of tbook".
func (s *step) content() string {
	var parts []string
	if s.Settings > 0 {
		parts = append(parts, plural(s.Settings, "setting"))
	}
	if n := len(s.Files); n > 0 {
		parts = append(parts, plural(n, "file"))
	}
	for _, l := range s.Lists {
		parts = append(parts, fmt.Sprintf("%s of %s", plural(l.Entries, "entry", "entries"), l.Name))
	}
	if parts == nil {
		return "no settings"
	}
	return strings.Join(parts, ", ")
}

// fate says what the phone does about a setting server.
func (s *step) fate() string {
	switch {
	case s.Ignored:
		return "ignored, for the phone has one"
	case s.Server.Flag.access() == readOnly:
		return "taken, not to be changed at the phone"
	}
	return "taken"
}

// text is the flag for a table.
func (f perm) text() string {
	if f == "" || strings.TrimSpace(string(f)) != string(f) {
		return strconv.Quote(string(f))
	}
	return string(f)
}

// settings tells which settings the phone has in the end, file by file.
func (t printer) settings(w *walk) {
	fmt.Fprintln(t.w)
	has := w.settings()
	if len(has) == 0 {
		t.line("No settings.")
		return
	}
	t.line("%s:", plural(len(has), "setting"))
	for len(has) > 0 {
		step := w.steps[has[0].Step-1]
		t.line("from %d. %s", step.Number, step.URL)
		columns := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
		for len(has) > 0 && has[0].Step == step.Number {
			g := has[0]
			fmt.Fprintf(columns, "  %s\t%s\t%s\n", printable(g.label()), printable(g.Flag.text()), printable(g.text()))
			has = has[1:]
		}
		_ = columns.Flush()
	}
}

func (g given) label() string {
	if g.Index == "" {
		return g.Name
	}
	return g.Name + "[" + g.Index + "]"
}

// text is the value, and whose it took the place of.
func (g given) text() string {
	text := g.Value
	if text == "" {
		text = `""`
	}
	if g.Over != 0 {
		text += fmt.Sprintf("  (in place of that from %d)", g.Over)
	}
	return text
}

// bootObject is a boot for programs.
type bootObject struct {
	MAC       string  `json:"mac"`
	Model     string  `json:"model"`
	Firmware  string  `json:"firmware"`
	UserAgent string  `json:"user_agent"`
	Steps     []*step `json:"steps"`
	Settings  []given `json:"settings"`
}

func (w *walk) object() bootObject {
	return bootObject{w.phone.mac.String(), w.phone.model, w.phone.firmware, w.phone.userAgent, w.steps, w.settings()}
}
