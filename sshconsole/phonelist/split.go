package phonelist

import (
	"encoding/csv"
	"io"
	"strings"
)

// separators are those that a list may have without saying so.
const separators = ",;\t"

var errQuotes = formError("expected CSV: a double quote opens and closes a whole column, and stands twice within it.")

// separatorLine reports whether a first line only names the separator, as sep=; does
// for spreadsheets.
func (r *Reader) separatorLine(text string) bool {
	if r.begun || r.said {
		return false
	}
	name := strings.Trim(text, `"`)
	if len(name) != len("sep=;") || !strings.EqualFold(name[:4], "sep=") || !strings.Contains(separators+"|", name[4:]) {
		return false
	}
	r.comma, r.said = rune(name[4]), true
	return true
}

func (r *Reader) isSeparator(c byte) bool {
	if r.comma != 0 {
		return rune(c) == r.comma
	}
	return strings.IndexByte(separators, c) >= 0
}

// quoted follows the quotes of a line. If a quoted column goes on in the next line,
// r.open is true, and the record is kept; otherwise quoted returns all of it.
func (r *Reader) quoted(line string) (record string, bad *Error) {
	within, starts := r.open, !r.open
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case within && c == '"' && i+1 < len(line) && line[i+1] == '"':
			i++
		case within && c == '"':
			within = false
			if i+1 < len(line) && !r.isSeparator(line[i+1]) {
				r.open = false
				return "", errQuotes
			}
		case within:
		case r.isSeparator(c):
			starts = true
		case c == '"' && starts:
			within, starts = true, false
		case c != ' ' || r.comma == '\t': // the csv reader trims columns, except where tabs separate them
			starts = false
		}
	}
	if !r.open {
		r.record = append(r.record[:0], line...)
	}
	if r.open = within; !r.open {
		return string(r.record), nil
	}
	if len(r.record) > MaxRecord {
		r.open = false
		return "", formError("expected CSV: the double quote that opens a column is not closed within %d bytes.", MaxRecord)
	}
	return "", nil
}

// split splits a record into its columns and trims them. The first separator
// outside of quotes decides for the whole list, unless the first line is a header and
// another one makes more sense of it.
func (r *Reader) split(text string) ([]string, *Error) {
	if r.comma != 0 {
		return r.splitAt(text, r.comma)
	}
	found := r.separatorsIn(text)
	if len(found) == 0 {
		return r.splitAt(text, 0)
	}
	r.comma = found[0]
	if !r.begun {
		most := 0
		for _, comma := range found {
			if fields, bad := r.splitAt(text, comma); bad == nil && knownNames(fields) > most {
				r.comma, most = comma, knownNames(fields)
			}
		}
	}
	return r.splitAt(text, r.comma)
}

// separatorsIn returns the separators outside of quotes, in the order in which they
// appear.
func (r *Reader) separatorsIn(text string) (found []rune) {
	within := false
	for _, c := range text {
		switch {
		case c == '"':
			within = !within
		case !within && strings.ContainsRune(separators, c) && !strings.ContainsRune(string(found), c):
			found = append(found, c)
		}
	}
	return found
}

// countColumns returns how many columns a record has by its separators outside of
// quoted columns.
func countColumns(text string, comma rune) int {
	n, within, starts := 1, false, true
	for _, c := range text {
		switch {
		case c == '"' && (within || starts): // twice within a column: closed and opened again
			within, starts = !within, within
		case within:
		case c == comma:
			n++
			starts = true
		case c != ' ' || comma == '\t':
			starts = false
		}
	}
	return n
}

func (r *Reader) splitAt(text string, comma rune) (fields []string, bad *Error) {
	switch {
	case strings.Contains(text, `"`):
		quoted := csv.NewReader(strings.NewReader(text))
		quoted.LazyQuotes = true // in a column that is not quoted
		quoted.TrimLeadingSpace = comma != '\t'
		if comma != 0 {
			quoted.Comma = comma
		}
		var err error
		if fields, err = quoted.Read(); err != nil {
			return nil, errQuotes
		}
		// The reader trims more blanks than quoted knows. If the two differ about where
		// columns end, the line is not understood.
		if _, err = quoted.Read(); err != io.EOF || comma != 0 && len(fields) != countColumns(text, comma) {
			return nil, errQuotes
		}
	case comma != 0:
		fields = strings.Split(text, string(comma))
	default:
		fields = []string{text}
	}
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields, nil
}
