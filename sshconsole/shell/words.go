package shell

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"snomredirect/sshconsole/lineedit"
)

// splitWords splits a line at blanks and tabs. Single quotes quote everything
// between them. In double quotes a backslash escapes a double quote or a
// backslash; outside of quotes it escapes any character. A # at the beginning of a
// word begins a remark, up to the end of the line. Nothing else is special.
func splitWords(line string) ([]string, error) {
	if bad := (*lineedit.Error)(nil); errors.As(lineedit.Check(line), &bad) {
		return nil, badLine(bad)
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

// takeJSON takes --json out of words, also as --json=true and --json=false, and
// reports whether it was given and is not false.
func takeJSON(words []string) (rest []string, json bool) {
	end := slices.Index(words, "--")
	if end < 0 {
		end = len(words)
	}
	for i, word := range words {
		name, value, valued := strings.Cut(word, "=")
		on := true
		if valued {
			var err error
			if on, err = strconv.ParseBool(value); err != nil {
				name = "" // takeOptions refuses it
			}
		}
		if i == 0 || i >= end || name != "--"+optionJSON {
			rest = append(rest, word)
			continue
		}
		json = on
	}
	return rest, json
}
