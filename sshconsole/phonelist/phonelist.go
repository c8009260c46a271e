// Package phonelist parses the lines of lists of phones, as spreadsheets and the
// console's EXPORT write them.
package phonelist

import (
	"encoding/csv"
	"fmt"
	"strings"

	"snomredirect/macaddr"
)

// A Reader parses a list, line by line. A line is a MAC, or mac,url, in CSV with
// commas, semicolons or tabs. The list may begin with a header, which names the
// columns and may have others. Blank lines are skipped. So are remarks: what follows
// a # at the beginning of a line or, if the list has no header, after a blank.
//
// The zero Reader is ready to parse the first line.
type Reader struct {
	begun   bool
	mac     int  // column of the MAC
	url     int  // column of the URL; -1 if there is none
	columns int  // number of columns in the header; 0 without a header
	comma   rune // the separator; 0 until a line has one
}

// A Phone is one line of a list. URL is not checked; "" means none.
type Phone struct {
	MAC macaddr.Addr
	URL string
}

// An Error says what is wrong with a line, as a sentence.
type Error struct {
	text string
	// MAC reports that the MAC is missing or malformed. If false, the form of the
	// line is wrong.
	MAC bool
}

func (e *Error) Error() string { return e.text }

func formError(format string, args ...any) error { return &Error{text: fmt.Sprintf(format, args...)} }
func macError(format string, args ...any) error {
	return &Error{text: fmt.Sprintf(format, args...), MAC: true}
}

// ErrHeader means that the header names no column for MACs, so that the list can't
// be read at all.
var ErrHeader = macError("expected a column named mac in the header, and one named url if phones have setting servers of their own.")

const byteOrderMark = "\uFEFF" // the first character of some spreadsheets' exports

// Line parses the next line, given without its end. ok is false if the line names no
// phone: a blank line, a remark or the header. The error is [ErrHeader], or an
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
	if r.comma == 0 { // the first separator decides
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

// withoutRemark returns text up to a # at its beginning or after a blank; a # within
// a word may be part of a URL. With a header, columns may contain any text, so only
// whole lines are remarks.
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

// isHeader reports whether a first line is a header and not a mistyped phone: it has
// a column named mac or url, or several columns, none of which looks like a MAC or a
// URL.
func isHeader(fields []string) bool {
	data := false
	for _, f := range fields {
		if strings.EqualFold(f, "mac") || strings.EqualFold(f, "url") {
			return true
		}
		data = data || strings.ContainsAny(f, "0123456789:/")
	}
	_, err := macaddr.ParseShort(fields[0])
	return err != nil && !data && len(fields) > 1
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
