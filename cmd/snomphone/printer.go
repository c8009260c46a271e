package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"snomredirect/redirect/settings"
)

// A printer prints a boot for people.
type printer struct{ w io.Writer }

func (p printer) line(format string, args ...any) {
	fmt.Fprintln(p.w, printable(fmt.Sprintf(format, args...)))
}

func (p printer) phone(of phone) {
	p.line("%s with firmware %s, %v", of.model, of.firmware, of.mac)
	p.line("User-Agent: %s", of.userAgent)
}

// step prints an empty line and a step.
func (p printer) step(s *step) {
	fmt.Fprintln(p.w)
	p.line("%d. %s (%s)", s.Number, s.URL, s.Why)
	if s.Login != "" {
		p.line("   sent user and password (%s)", s.Login)
	}
	switch {
	case s.Location != "" && s.Problem == "":
		p.line("   %s: %s", statusText(s.Status), s.Location)
		return
	case s.Form != "":
		p.line("   %s, %s, %s: %s", statusText(s.Status), s.Form, plural(s.Bytes, "byte"), s.content())
	case s.Status != 0:
		p.line("   %s", statusText(s.Status))
	}
	if s.Skipped != nil {
		p.line("   %s not a setting, first line %d", plural(len(s.Skipped), "line is", "lines are"), s.Skipped[0])
	}
	for _, file := range s.Files {
		p.line("   names %s", file)
	}
	if s.Server != nil {
		p.line("   setting_server %s %s: %s", s.Server.Flag.text(), s.Server.Value, s.effect())
	}
	if s.Problem != "" {
		p.line("   failed: %s", s.Problem)
	}
}

// content returns what a file contains, such as "3 settings, 12 entries of phone-book".
func (s *step) content() string {
	var parts []string
	if s.Settings > 0 {
		parts = append(parts, plural(s.Settings, "setting"))
	}
	if n := len(s.Files); n > 0 {
		parts = append(parts, plural(n, "file"))
	}
	for _, l := range s.Lists {
		parts = append(parts, l.text())
	}
	if parts == nil {
		return "no settings"
	}
	return strings.Join(parts, ", ")
}

// effect returns what the phone does with a setting server.
func (s *step) effect() string {
	switch {
	case s.Ignored:
		return "ignored: the phone already has one"
	case s.Server.Flag.access() == settings.ReadOnly:
		return "taken, read-only at the phone"
	}
	return "taken"
}

// text returns the flag for a table.
func (f perm) text() string {
	switch {
	case f == none:
		return "-"
	case f != perm(settings.EmptyFlag) && strings.TrimSpace(string(f)) != string(f):
		return strconv.Quote(string(f))
	}
	return string(f)
}

// settings prints the settings that the phone has in the end, file by file.
func (p printer) settings(w *walk) {
	fmt.Fprintln(p.w)
	has := w.settings()
	if len(has) == 0 {
		p.line("No settings.")
		return
	}
	p.line("%s:", count(has))
	for len(has) > 0 {
		step := w.steps[has[0].Step-1]
		p.line("from %d. %s", step.Number, step.URL)
		columns := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
		for len(has) > 0 && has[0].Step == step.Number {
			g := has[0]
			fmt.Fprintf(columns, "  %s\t%s\t%s\n", printable(g.label()), printable(g.Flag.text()), printable(g.text()))
			has = has[1:]
		}
		_ = columns.Flush()
	}
}

// count returns how many settings and function keys there are.
func count(has []given) string {
	n := 0
	for _, g := range has {
		if g.Key {
			n++
		}
	}
	switch settings := len(has) - n; {
	case n == 0:
		return plural(settings, "setting")
	case settings == 0:
		return plural(n, "key")
	default:
		return plural(settings, "setting") + ", " + plural(n, "key")
	}
}

func (g given) label() string {
	if g.Index == "" {
		return g.Name
	}
	return g.Name + "[" + g.Index + "]"
}

// text returns the value, and which step's value it replaced.
func (g given) text() string {
	text := g.Value
	if text == "" {
		text = `""`
	}
	if g.Over != 0 {
		text += fmt.Sprintf("  (replaces that from %d)", g.Over)
	}
	return text
}

// bootObject is a boot in JSON.
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
