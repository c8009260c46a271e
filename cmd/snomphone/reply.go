package main

import (
	"bytes"
	"errors"
	"strings"
)

// A reply is what a phone reads out of a file.
type reply struct {
	xml      bool
	settings []setting
	files    []string // URLs to fetch next, as they were written
	lists    []list
	skipped  []int // lines of a plain file that are no setting, counted from 1
}

// A setting is a name and a value. Several of a name differ in their index.
type setting struct {
	Name  string `json:"name"`
	Index string `json:"index,omitempty"`
	Flag  perm   `json:"flag"`
	Value string `json:"value"`
}

// A list is a part of a file whose entries this phone counts and does not look
// into, such as a phone book.
type list struct {
	Name    string `json:"name"`
	Entries int    `json:"entries"`
}

// A perm is a setting's flag, as it was written: '$', '!' or '&' behind a name,
// those or "R" and "RW" in the attribute perm. Settings without one have none.
type perm string

const none perm = "-"

// An access is what a perm means (snom's Mass Deployment slides; the letters
// and the empty perm as in snom's wiki).
type access int

const (
	readOnly   access = iota // overwritten at each boot, not to be changed at the phone
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

var errNoFile = errors.New("no settings file: expected lines of name: value, or XML")

// parseReply reads a file in whichever form it is: phones do not look at its
// Content-Type.
func parseReply(text []byte) (reply, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	start := bytes.TrimLeft(text, " \t\r\n")
	if bytes.HasPrefix(start, []byte("<?xml")) {
		return parseXML(start)
	}
	if rest, ok := bytes.CutPrefix(start, []byte("<")); ok {
		name, _, _ := strings.Cut(string(rest[:min(len(rest), 64)]), ">")
		if name, _, _ = strings.Cut(name, " "); isRoot(strings.TrimSuffix(name, "/")) {
			return parseXML(start)
		}
	}
	return parsePlain(text)
}

// parsePlain reads lines of a name, perhaps a flag, a colon and a value. Those
// that begin with '#' or '<' are remarks.
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

// isName reports whether s can name a setting: letters, digits and '_'.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return s != ""
}

// value returns the last value of a setting, as phones take it.
func (r reply) value(name string) string {
	for i := len(r.settings) - 1; i >= 0; i-- {
		if s := r.settings[i]; s.Name == name {
			return s.Value
		}
	}
	return ""
}
