package usage

import (
	"errors"
	"fmt"
	"strings"

	"snomredirect/sshconsole/lineedit"
)

// An Error is why a line is not understood, in a sentence or the beginning of one.
type Error struct{ text string }

func (e *Error) Error() string { return e.text }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Split splits a line at blanks and tabs. Single quotes quote everything
// between them. In double quotes a backslash escapes a double quote or a
// backslash; outside of quotes it escapes any character. A # at the beginning of a
// word begins a remark, up to the end of the line. Nothing else is special. The
// error is an [*Error], or that of [lineedit.Check].
func Split(line string) ([]string, error) {
	if err := lineedit.Check(line); err != nil {
		return nil, err
	}
	var words []string
	var word strings.Builder
	inWord, escaped := false, false
	var quote rune // the one that is open, or 0
	for _, r := range line {
		switch {
		case escaped:
			if quote == '"' && r != '"' && r != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '#' && !inWord:
			return words, nil
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case isBlank(r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, errorf("A quote is not closed: expected another %c.", quote)
	case escaped:
		return nil, errorf("The line ends in a backslash: expected a character after it.")
	case inWord:
		words = append(words, word.String())
	}
	return words, nil
}

// CheckLines returns the error of the first line that ends within quotes or in a
// backslash, if it precedes the first list that isList reports. A line break in quoted
// text, which a program may have passed on, must not begin a command.
func CheckLines(lines []string, isList func(words []string) bool) error {
	for _, line := range lines {
		words, err := Split(line)
		if bad := (*Error)(nil); errors.As(err, &bad) {
			return err
		}
		if len(words) > 0 && isList(words) {
			return nil
		}
	}
	return nil
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// SplitQuoted splits words at the blanks in them: a script may quote a list. A word
// of blanks only remains as it is.
func SplitQuoted(words []string) []string {
	var all []string
	for _, word := range words {
		if parts := strings.FieldsFunc(word, isBlank); len(parts) > 0 {
			all = append(all, parts...)
		} else {
			all = append(all, word)
		}
	}
	return all
}

// ShellSyntax returns the first of words after the command's name that only a Unix
// shell understands, such as |, > or 2>&1, or "".
func ShellSyntax(words []string) string {
	for _, word := range words[1:] {
		placeholder := strings.HasPrefix(word, "<") && strings.HasSuffix(word, ">")
		begins := strings.TrimLeft(word, "12")
		if !placeholder && begins != "" && strings.ContainsAny(begins[:1], "|<>&;") {
			return word
		}
	}
	return ""
}
