package sshconsole

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine bounds a line, in bytes. A longer one is refused as a whole.
const maxLine = 4096

// checkLine tells what no line may hold.
func checkLine(line string) error {
	switch {
	case len(line) > maxLine:
		return errLineTooLong
	case !utf8.ValidString(line):
		return badLine("is not valid UTF-8")
	case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }):
		return badLine("holds a control character")
	}
	return nil
}

var errLineTooLong = badLine("is longer than %d bytes", maxLine)

// splitWords splits a line at blanks and tabs. Between single quotes all stands
// for itself; between double quotes a backslash keeps its meaning before a
// double quote or a backslash; elsewhere it takes the meaning from what follows.
// Nothing else is special.
func splitWords(line string) ([]string, error) {
	if err := checkLine(line); err != nil {
		return nil, err
	}
	var words []string
	var word strings.Builder
	inWord, escaped := false, false
	var quote rune // the open one, or 0
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
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t':
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
		return nil, misunderstood(codeUsage, "A quote is not closed: expected another %c.", quote)
	case escaped:
		return nil, misunderstood(codeUsage, "The line ends in a backslash: expected a character after it.")
	case inWord:
		words = append(words, word.String())
	}
	return words, nil
}
