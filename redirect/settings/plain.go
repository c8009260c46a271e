package settings

import (
	"fmt"
	"strings"
)

var errNoFile = &SyntaxError{Text: "not a settings file: expected lines of name: value, or XML"}

// readPlain reads lines of a name, an optional flag, a colon and a value. Lines that
// start with '#' or '<' are remarks.
func readPlain(text string) (*File, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errNoFile
	}
	f := &File{Format: Plain, Parts: make([]Part, 1)}
	entries, found := []Entry(nil), false
	pos := Pos{Column: 1}
	for line := range strings.Lines(text) {
		pos.Line++
		line = strings.TrimRight(line, "\r\n")
		if isRemark(line) {
			continue
		}
		if len(entries) == MaxEntries {
			return nil, tooMany(pos)
		}
		if s, ok := readLine(line); ok {
			s.Pos, found = pos, true
			entries = append(entries, &s)
		} else {
			entries = append(entries, &Other{Pos: pos, Value: line})
		}
	}
	if !found && entries != nil {
		return nil, errNoFile
	}
	f.Parts[0].Entries = entries
	return f, nil
}

func tooMany(pos Pos) error {
	return &SyntaxError{pos, fmt.Sprintf("the file has more than %d entries", MaxEntries)}
}

func isRemark(line string) bool {
	return strings.TrimSpace(line) == "" || line[0] == '#' || line[0] == '<'
}

// readLine reads a line without its end. It reports false if phones pass over it.
func readLine(line string) (s Setting, ok bool) {
	s.Name, s.Value, ok = strings.Cut(line, ":")
	if n := len(s.Name) - 1; n > 0 && strings.IndexByte("$!&", s.Name[n]) >= 0 {
		s.Name, s.Flag = s.Name[:n], Flag(s.Name[n:])
	}
	s.Value = strings.TrimLeft(s.Value, " \t")
	return s, ok && IsName(s.Name)
}

// IsName reports whether s can be the name of a setting: letters, digits and '_'.
func IsName(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return s != ""
}
