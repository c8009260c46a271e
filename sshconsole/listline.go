package sshconsole

import (
	"encoding/csv"
	"strings"

	"snomredirect/macaddr"
)

// A listReader reads the lines of a list of phones: a MAC, or mac,url, a line, in
// CSV with commas, semicolons or tabs, with a header or without. Blank lines do
// not count, nor does what follows a # at the beginning of a line or behind a
// blank, where no header names columns that may hold it.
type listReader struct {
	begun   bool
	mac     int  // their columns
	url     int  // -1 is none
	columns int  // 0 where no header has said how many
	comma   rune // between them; 0 as long as no line has had one
}

// A listed phone is one line of a list. url is as it was typed, "" is none.
type listed struct {
	mac macaddr.Addr
	url string
}

const byteOrderMark = "\uFEFF" // which spreadsheets put first

// line reads the next line. Not ok is one that names no phone: a blank one, a
// remark or the header. A header that is none of ours is an error errHeader; any
// other error is of this line alone.
func (l *listReader) line(text string) (p listed, ok bool, err error) {
	if !l.begun {
		text = strings.TrimPrefix(text, byteOrderMark)
	}
	text = l.withoutRemark(strings.Trim(text, " "))
	if strings.TrimSpace(text) == "" {
		return p, false, nil
	}
	first := !l.begun
	if first {
		l.begun, l.url = true, 1
	}
	if l.comma == 0 { // the first line with one decides
		if i := strings.IndexAny(text, ",;\t"); i >= 0 {
			l.comma = rune(text[i])
		}
	}
	fields, err := l.fields(text)
	if err != nil {
		return p, false, err
	}
	if first && isHeader(fields) {
		return p, false, l.header(fields)
	}
	switch {
	case l.columns == 0 && len(fields) > 2:
		return p, false, misunderstood(codeUsage, "expected mac or mac,url; a URL that holds a comma goes between double quotes.")
	case l.columns > 0 && len(fields) > l.columns:
		return p, false, misunderstood(codeUsage, "expected %d columns as in the header, not %d.", l.columns, len(fields))
	case len(fields) <= l.mac:
		return p, false, misunderstood(codeMalformedMAC, "expected a MAC in column %d.", l.mac+1)
	}
	if p.mac, err = macaddr.ParseShort(fields[l.mac]); err != nil {
		return p, false, misunderstood(codeMalformedMAC, "%q: %v.", fields[l.mac], err)
	}
	if l.url >= 0 && len(fields) > l.url {
		p.url = fields[l.url]
	}
	return p, true, nil
}

// withoutRemark cuts text before a # at its beginning or behind a blank: a URL
// may hold one. Columns that a header names may hold what they want.
func (l *listReader) withoutRemark(text string) string {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '#')
		if i < 0 || l.columns > 0 && from+i > 0 {
			return text
		}
		if i += from; i == 0 || text[i-1] == ' ' || text[i-1] == '\t' {
			return strings.TrimRight(text[:i], " \t")
		}
		from = i + 1
	}
}

// fields splits a line into its columns, without the blanks around them.
func (l *listReader) fields(text string) ([]string, error) {
	var fields []string
	if strings.Contains(text, `"`) {
		r := csv.NewReader(strings.NewReader(text))
		r.TrimLeadingSpace = true
		if l.comma != 0 {
			r.Comma = l.comma
		}
		var err error
		if fields, err = r.Read(); err != nil {
			return nil, misunderstood(codeUsage, "expected CSV: a double quote opens and closes a whole column, and stands twice within it.")
		}
	} else if l.comma != 0 {
		fields = strings.Split(text, string(l.comma))
	} else {
		fields = []string{text}
	}
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields, nil
}

// isHeader tells names of columns from a first line that is mistyped: one of
// them is ours, or there are several, none of which looks like a MAC or a URL.
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

// errHeader: the list can't be read at all.
var errHeader = misunderstood(codeMalformedMAC, "expected a column named mac in the header, and one named url where phones have setting servers of their own.")

func (l *listReader) header(fields []string) error {
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
		return errHeader
	}
	l.mac, l.url, l.columns = mac, url, len(fields)
	return nil
}
