// Package lineedit reads a line from a person at a terminal, or from a pipe.
//
// A [Terminal] edits lines with x/term, and filters out what x/term can't handle:
// bytes that are not text, endless escape sequences, Ctrl-C. A [Pipe] reads lines as
// they are. Both refuse the same lines, as [Check] does, and never cut one.
package lineedit

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine is the length of the longest line, in bytes.
const MaxLine = 4096

// ErrInterrupted is returned for a line that was discarded with Ctrl-C. The next
// line can be read.
var ErrInterrupted = errors.New("interrupted")

// An Error says what is wrong with a line, without its subject: "is longer than
// 4096 bytes". The next line can be read.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

var errTooLong = &Error{fmt.Sprintf("is longer than %d bytes", MaxLine)}

// Check returns an [*Error] for a line that is too long, is not valid UTF-8 or
// contains a control character other than a tab.
func Check(line string) error {
	switch {
	case len(line) > MaxLine:
		return errTooLong
	case !utf8.ValidString(line):
		return &Error{"is not valid UTF-8"}
	case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }):
		return &Error{"contains a control character"}
	}
	return nil
}
