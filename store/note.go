package store

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Note is what an account has noted of a phone of its own, such as its site and desk.
// "" is none.
type Note string

// MaxNote is the maximum length of a note in characters.
const MaxNote = 100

// ParseNote parses a note, without the blanks around it. A spreadsheet that opens a list
// of phones takes what begins with one of =+-@ for a formula, so no note does. The
// result does not refer to the memory of s. The error says what was expected.
func ParseNote(s string) (Note, error) {
	s = strings.TrimSpace(s)
	switch {
	case utf8.RuneCountInString(s) > MaxNote || !printable(s):
		return "", fmt.Errorf("expected a note of at most %d printable characters", MaxNote)
	case s != "" && strings.ContainsRune("=+-@", rune(s[0])):
		return "", errors.New("expected a note that begins with none of = + - @")
	}
	return Note(strings.Clone(s)), nil
}
