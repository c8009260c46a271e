// Package phonelist reads the lines of a list of phones, as people export it from
// spreadsheets and as EXPORT writes it.
package phonelist

import (
	"encoding/csv"
	"fmt"
	"strings"

	"snomredirect/macaddr"
)

// A Reader reads a list: one MAC, or mac,url, on each line, in CSV with commas,
// semicolons or tabs, with or without a header. Blank lines don't count, nor does
// what follows a # at the beginning of a line or after a blank, unless a header
// names columns that may contain it. The zero Reader is at the first line.
type Reader struct {
	begun   bool
	mac     int  // their columns
	url     int  // -1 is none
	columns int  // 0 if no header has said how many
	comma   rune // the separator; 0 until a line has one
}

// A Phone is one line of a list. URL is as it was typed; "" is none.
type Phone struct {
	MAC macaddr.Addr
	URL string
}

// An Error says what is wrong with a line, in a sentence.
type Error struct {
	text string
	// MAC reports that the MAC is missing or malformed. Otherwise the line is not
	// what the list's form allows.
	MAC bool
}

func (e *Error) Error() string { return e.text }

func formError(format string, args ...any) error { return &Error{text: fmt.Sprintf(format, args...)} }
func macError(format string, args ...any) error {
	return &Error{text: fmt.Sprintf(format, args...), MAC: true}
}

// ErrHeader: the header names no column for MACs, so that the list can't be read
// at all.
var ErrHeader = macError("expected a column named mac in the header, and one named url if phones have setting servers of their own.")

const byteOrderMark = "\uFEFF" // spreadsheets put it first

// Line reads the next line, without its end. ok is false for a line that names no
// phone: a blank line, a remark, the header. The error is [ErrHeader], or an
// [*Error] about this line only.
func (r *Reader) Line(text string) (p Phone, ok bool, err error) {
	if !r.begun {
		text = strings.TrimPrefix(text, byteOrderMark)
	}
	text = r.withoutRemark(strings.Trim(text, " "))
	if strings.TrimSpace(text) == "" {
		return p, false, nil
	}
	first := !r.begun
	if first {
		r.begun, r.url = true, 1
	}
	if r.comma == 0 { // the first line with one decides
		if i := strings.IndexAny(text, ",;\t"); i >= 0 {
			r.comma = rune(text[i])
		}
	}
	fields, err := r.fields(text)
	if err != nil {
		return p, false, err
	}
	if first && isHeader(fields) {
		return p, false, r.header(fields)
	}
	switch {
	case r.columns == 0 && len(fields) > 2:
		return p, false, formError("expected mac or mac,url; a URL that contains a comma goes between double quotes.")
	case r.columns > 0 && len(fields) > r.columns:
		return p, false, formError("expected %d columns as in the header, not %d.", r.columns, len(fields))
	case len(fields) <= r.mac:
		return p, false, macError("expected a MAC in column %d.", r.mac+1)
	}
	if p.MAC, err = macaddr.ParseShort(fields[r.mac]); err != nil {
		return p, false, macError("%q: %v.", fields[r.mac], err)
	}
	if r.url >= 0 && len(fields) > r.url {
		p.URL = fields[r.url]
	}
	return p, true, nil
}

// withoutRemark cuts text before a # at its beginning or after a blank: a URL may
// contain one. Columns that a header names may contain anything.
func (r *Reader) withoutRemark(text string) string {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '#')
		if i < 0 || r.columns > 0 && from+i > 0 {
			return text
		}
		if i += from; i == 0 || text[i-1] == ' ' || text[i-1] == '\t' {
			return strings.TrimRight(text[:i], " \t")
		}
		from = i + 1
	}
}

// fields splits a line into its columns and trims them.
func (r *Reader) fields(text string) ([]string, error) {
	var fields []string
	if strings.Contains(text, `"`) {
		quoted := csv.NewReader(strings.NewReader(text))
		quoted.TrimLeadingSpace = true
		if r.comma != 0 {
			quoted.Comma = r.comma
		}
		var err error
		if fields, err = quoted.Read(); err != nil {
			return nil, formError("expected CSV: a double quote opens and closes a whole column, and stands twice within it.")
		}
	} else if r.comma != 0 {
		fields = strings.Split(text, string(r.comma))
	} else {
		fields = []string{text}
	}
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields, nil
}

// isHeader tells a header from a mistyped first line: it has one of our names, or
// several columns, none of which looks like a MAC or a URL.
func isHeader(fields []string) bool {
	odd := false
	for _, f := range fields {
		if strings.EqualFold(f, "mac") || strings.EqualFold(f, "url") {
			return true
		}
		odd = odd || strings.ContainsAny(f, "0123456789:/")
	}
	_, err := macaddr.ParseShort(fields[0])
	return err != nil && !odd && len(fields) > 1
}

func (r *Reader) header(fields []string) error {
	mac, url := -1, -1
	for i, f := range fields {
		switch {
		case strings.EqualFold(f, "mac") && mac < 0:
			mac = i
		case strings.EqualFold(f, "url") && url < 0:
			url = i
		}
	}
	if mac < 0 {
		return ErrHeader
	}
	r.mac, r.url, r.columns = mac, url, len(fields)
	return nil
}
