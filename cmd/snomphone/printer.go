package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"snomredirect/redirect/boot"
	"snomredirect/redirect/settings"
)

// A printer prints a boot for people.
type printer struct{ w io.Writer }

func (p printer) line(format string, args ...any) {
	fmt.Fprintln(p.w, printable(fmt.Sprintf(format, args...)))
}

func (p printer) phone(of boot.Phone) {
	p.line("%s with firmware %s, %v", of.Model, of.Firmware, of.MAC)
	p.line("User-Agent: %s", of.UserAgent)
}

// step prints an empty line and a step.
func (p printer) step(s *boot.Step) {
	fmt.Fprintln(p.w)
	p.line("%d. %s (%s)", s.Number, s.URL, s.Why)
	if s.Login != "" {
		p.line("   sent user and password (%s)", s.Login)
	}
	switch {
	case s.Location != "" && s.Problem == "":
		p.line("   %s: %s", s.StatusText(), s.Location)
		return
	case s.Form != "":
		p.line("   %s, %s, %s: %s", s.StatusText(), s.Form, plural(s.Bytes, "byte"), content(s))
	case s.Status != 0:
		p.line("   %s", s.StatusText())
	}
	if s.Skipped != nil {
		p.line("   %s not a setting, first line %d", plural(len(s.Skipped), "line is", "lines are"), s.Skipped[0])
	}
	for _, file := range s.Files {
		p.line("   names %s", file)
	}
	if s.Server != nil {
		p.line("   setting_server %s %s: %s", flagText(s.Server.Flag), s.Server.Value, effect(s))
	}
	if s.Found != "" {
		p.line("   %s names %s", s.FoundBy, s.Found)
	}
	if s.Problem != "" {
		p.line("   failed: %s", s.Problem)
	}
}

// content returns what a file contains, such as "3 settings, 12 entries of phone-book".
func content(s *boot.Step) string {
	var parts []string
	if s.Settings > 0 {
		parts = append(parts, plural(s.Settings, "setting"))
	}
	if n := len(s.Files); n > 0 {
		parts = append(parts, plural(n, "file"))
	}
	for _, l := range s.Lists {
		parts = append(parts, listText(l))
	}
	if parts == nil {
		return "no settings"
	}
	return strings.Join(parts, ", ")
}

// listText returns what a list contains, such as "2 entries of phone-book".
func listText(l boot.List) string {
	one := strings.TrimSuffix(string(l.Kind), "s")
	if l.Kind == boot.Entries {
		one = "entry"
	}
	return plural(l.Entries, one, string(l.Kind)) + " of " + l.Name
}

// effect returns what the phone does with a setting server.
func effect(s *boot.Step) string {
	switch {
	case s.Ignored:
		return "ignored: the phone already has one"
	case s.Server.Flag.Access() == settings.ReadOnly:
		return "taken, read-only at the phone"
	}
	return "taken"
}

// flagText returns a flag for a table.
func flagText(f boot.Flag) string {
	switch {
	case f == boot.Flag(settings.NoFlag):
		return "-"
	case f != boot.Flag(settings.EmptyFlag) && strings.TrimSpace(string(f)) != string(f):
		return strconv.Quote(string(f))
	}
	return string(f)
}

// settings prints the settings that the phone has in the end, file by file.
func (p printer) settings(w *boot.Walk) {
	fmt.Fprintln(p.w)
	has := w.Settings()
	if len(has) == 0 {
		p.line("No settings.")
		return
	}
	p.line("%s:", count(has))
	for len(has) > 0 {
		step := w.Steps[has[0].Step-1]
		p.line("from %d. %s", step.Number, step.URL)
		columns := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
		for len(has) > 0 && has[0].Step == step.Number {
			g := has[0]
			fmt.Fprintf(columns, "  %s\t%s\t%s\n", printable(label(g)), printable(flagText(g.Flag)), printable(valueText(g)))
			has = has[1:]
		}
		_ = columns.Flush()
	}
}

// count returns how many settings and function keys there are.
func count(has []boot.Given) string {
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

func label(g boot.Given) string {
	if g.Index == "" {
		return g.Name
	}
	return g.Name + "[" + g.Index + "]"
}

// valueText returns the value, and which step's value it replaced.
func valueText(g boot.Given) string {
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
	MAC       string       `json:"mac"`
	Model     string       `json:"model"`
	Firmware  string       `json:"firmware"`
	UserAgent string       `json:"user_agent"`
	Steps     []*boot.Step `json:"steps"`
	Settings  []boot.Given `json:"settings"`
}

func objectOf(w *boot.Walk) bootObject {
	p := w.Phone
	return bootObject{p.MAC.String(), p.Model, p.Firmware, p.UserAgent, w.Steps, w.Settings()}
}
