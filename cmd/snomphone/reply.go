package main

import (
	"bytes"
	"errors"
	"strings"
)

// A reply is the parsed content of a file.
type reply struct {
	xml      bool
	settings []setting
	keys     []setting // function keys, which the phone keeps as settings
	files    []string  // URLs to fetch next, as written
	lists    []list
	skipped  []int // lines of a plain file that are not settings, counted from 1
}

// A setting is a name and a value. Settings with the same name differ in their
// index.
type setting struct {
	Name  string `json:"name"`
	Index string `json:"index,omitempty"`
	Flag  perm   `json:"flag"`
	Value string `json:"value"`
}

// A list is a part of a file that contains something other than settings, such as a
// phone book. Snomphone counts it.
type list struct {
	Name    string `json:"name"`
	Kind    kind   `json:"kind"`
	Entries int    `json:"entries"`
}

// text returns what the list contains, such as "2 entries of phone-book".
func (l list) text() string {
	one := strings.TrimSuffix(string(l.Kind), "s")
	if l.Kind == entries {
		one = "entry"
	}
	return plural(l.Entries, one, string(l.Kind)) + " of " + l.Name
}

// A perm is a setting's flag as written: '$', '!' or '&' after the name, or in the
// attribute perm one of those, "R" or "RW". Settings without a flag have none.
type perm string

const none perm = "-"

// An access is the meaning of a perm, according to snom's Mass Deployment slides
// and, for the letters and the empty perm, snom's wiki.
type access int

const (
	readOnly   access = iota // overwritten at each boot, can't be changed at the phone
	changeable               // overwritten at each boot
	kept                     // not overwritten once the phone's user has changed it
)

func (f perm) access() access {
	switch {
	case strings.Contains(string(f), "!"):
		return kept
	case f == "", strings.Contains(string(f), "$"), strings.Contains(string(f), "RW"):
		return changeable
	}
	return readOnly
}

var errNoFile = errors.New("not a settings file: expected lines of name: value, or XML")

// parseReply parses a file in either format. Phones ignore its Content-Type.
func parseReply(text []byte) (reply, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if start := bytes.TrimLeft(text, " \t\r\n"); beginsXML(start) {
		return parseXML(start)
	}
	if err := textBeforeXML(text); err != nil {
		return reply{}, err
	}
	return parsePlain(text)
}

// parsePlain parses lines of a name, an optional flag, a colon and a value. Lines
// that start with '#' or '<' are comments.
func parsePlain(text []byte) (reply, error) {
	if bytes.IndexByte(text, 0) >= 0 {
		return reply{}, errNoFile
	}
	var r reply
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' || line[0] == '<' {
			continue
		}
		s, ok := parseLine(line)
		if !ok {
			r.skipped = append(r.skipped, number)
			continue
		}
		r.settings = append(r.settings, s)
	}
	if r.settings == nil && r.skipped != nil {
		return reply{}, errNoFile
	}
	return r, nil
}

func parseLine(line string) (s setting, ok bool) {
	s.Name, s.Value, ok = strings.Cut(line, ":")
	s.Flag = none
	if n := len(s.Name) - 1; n > 0 && strings.IndexByte("$!&", s.Name[n]) >= 0 {
		s.Name, s.Flag = s.Name[:n], perm(s.Name[n:])
	}
	s.Value = strings.TrimLeft(s.Value, " \t")
	return s, ok && isName(s.Name)
}

// isName reports whether s can be the name of a setting: letters, digits and '_'.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return s != ""
}

// value returns the last value of a setting, which is the one that phones use.
func (r reply) value(name string) string {
	for i := len(r.settings) - 1; i >= 0; i-- {
		if s := r.settings[i]; s.Name == name {
			return s.Value
		}
	}
	return ""
}
