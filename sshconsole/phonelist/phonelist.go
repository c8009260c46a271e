// Package phonelist parses the lines of lists of phones, as spreadsheets and the
// console's EXPORT write them.
package phonelist

import (
	"fmt"
	"slices"
	"strings"

	"snomredirect/macaddr"
)

// MaxRecord is the length of the longest line, or of the longest lines that a quoted
// column joins, in bytes.
const MaxRecord = 4096

// A Reader parses a list, line by line. A line is a MAC, or mac,url, in CSV with
// commas, semicolons or tabs. The list may begin with a header, which names the
// columns, of which one may be for notes, and may have others. Blank lines are skipped. So are remarks: what follows
// a # at the beginning of a line or, if the list has no header, after a blank. Only
// the columns of the MAC and the URL are judged.
//
// The zero Reader is ready to parse the first line. [Lines] reads them.
type Reader struct {
	// Short accepts short MACs, as [macaddr.ParseShort] does. They are dangerous in
	// lists: extensions and MACs that a spreadsheet took for numbers look like them.
	Short bool

	begun   bool
	phones  bool     // a line after the header was parsed
	mac     int      // column of the MAC
	url     int      // column of the URL; -1 if there is none
	note    int      // column of the note; -1 if there is none
	columns int      // number of columns in the header; 0 without a header
	unused  []string // names of the other columns
	comma   rune     // the separator; 0 until a line has one
	said    bool     // by a line such as sep=;

	record []byte // the lines of a column that is quoted and not closed yet
	open   bool
	lines  int // how many lines the last record has
}

// A Phone is one line of a list. URL and Note are not checked; "" means none.
type Phone struct {
	MAC   macaddr.Addr
	URL   string
	Note  string
	Noted bool // the list has a column for notes
}

// An Error says what is wrong with a line, as a sentence.
type Error struct {
	text string
	// MAC reports that the MAC is missing or malformed. If false, the form of the
	// line is wrong.
	MAC bool
	// List reports that the list can't be read at all: its first line is neither a
	// header nor a phone, or the header is not understood.
	List bool
}

func (e *Error) Error() string { return e.text }

func formError(format string, args ...any) *Error { return &Error{text: fmt.Sprintf(format, args...)} }
func macError(format string, args ...any) *Error {
	return &Error{text: fmt.Sprintf(format, args...), MAC: true}
}

func (e *Error) endsList() *Error { return &Error{e.text, e.MAC, true} }

// Line parses the next line, given without its end. ok is false if the line names no
// phone: a blank line, a remark, the header, or a line that goes on in the next one.
// The error is an [*Error].
func (r *Reader) Line(text string) (p Phone, ok bool, err error) {
	text = strings.TrimRight(text, " ")
	if r.open {
		r.lines++
		r.record = append(append(r.record, '\n'), text...)
	} else {
		r.lines = 1
		text = r.withoutRemark(strings.TrimLeft(text, " "))
		if strings.TrimSpace(text) == "" || r.separatorLine(text) {
			return p, false, nil
		}
	}
	var bad *Error
	if !r.begun && strings.Contains(text, "\x00") {
		return p, false, formError("it contains a NUL: expected UTF-8, Windows-1252, or UTF-16 with a byte order mark.").endsList()
	}
	if r.open || strings.Contains(text, `"`) {
		if text, bad = r.quoted(text); bad == nil && r.open {
			return p, false, nil
		}
	}
	if bad == nil && swallowsPhones(text) {
		bad = formError("a double quote opens a column that goes on over the phones of the next lines: close it, or remove it.")
	}
	if bad == nil {
		p, ok, bad = r.parse(text)
	}
	switch {
	case bad == nil:
		return p, ok, nil
	case !r.begun:
		bad = bad.endsList()
	}
	return Phone{}, false, bad
}

// swallowsPhones reports whether a record of several lines contains more than one
// MAC: a quote that was not meant has opened a column.
func swallowsPhones(record string) bool {
	if !strings.Contains(record, "\n") {
		return false
	}
	macs := 0
	for word := range strings.FieldsFuncSeq(record, func(c rune) bool { return strings.ContainsRune(separators+"|\"\n", c) }) {
		if containsMAC(word) {
			macs++
		}
	}
	return macs > 1
}

// Skip is called instead of [Reader.Line] for a line that can't be read. It ends a
// quoted column.
func (r *Reader) Skip() {
	if !r.open {
		r.lines = 0
	}
	r.lines++
	r.open = false
}

// End reports whether the list ended within a quoted column, as an [*Error].
func (r *Reader) End() error {
	if !r.open {
		return nil
	}
	r.open = false
	bad := formError("expected CSV: the double quote that opens a column is not closed.")
	if !r.begun {
		bad = bad.endsList()
	}
	return bad
}

// Lines returns how many lines the phone has that [Reader.Line] returned last, or the
// error: more than 1 if a quoted column contains line breaks.
func (r *Reader) Lines() int { return r.lines }

// Begun reports whether the first line was read, as a header or as a phone.
func (r *Reader) Begun() bool { return r.begun }

// NoURLs reports whether the list has a header that names no column for URLs.
func (r *Reader) NoURLs() bool { return r.begun && r.url < 0 }

// Unused returns the names of the header's columns that are not used; one without a
// name is called by its number.
func (r *Reader) Unused() []string { return r.unused }

// parse parses a whole record.
func (r *Reader) parse(text string) (p Phone, ok bool, bad *Error) {
	fields, bad := r.split(text)
	if bad != nil {
		return p, false, bad
	}
	width := len(fields)
	for len(fields) > 0 && fields[len(fields)-1] == "" { // tools pad rows
		fields = fields[:len(fields)-1]
	}
	if len(fields) == 0 {
		return p, false, nil
	}
	if !r.begun && isHeader(fields) {
		bad = r.header(fields)
		r.begun, r.columns = bad == nil, width
		return p, false, bad
	}
	if !r.begun {
		r.mac, r.url, r.note = 0, 1, -1
	}
	p, bad = r.phone(fields)
	if bad != nil && !r.begun && bad.MAC && !looksLikeMAC(fields[0]) {
		bad.text += " A header names a column " + macNames + "."
	}
	r.begun = r.begun || bad == nil
	r.phones = true
	return p, bad == nil, bad
}

// phone parses the columns of a line after the header.
func (r *Reader) phone(fields []string) (p Phone, bad *Error) {
	switch {
	case r.columns == 0 && len(fields) > 2:
		return p, formError("expected mac or mac,url; a URL that contains a comma goes between double quotes.")
	case r.columns > 0 && len(fields) > r.columns:
		return p, formError("expected %d columns as in the header, not %d.", r.columns, len(fields))
	case len(fields) <= r.mac || fields[r.mac] == "":
		return p, macError("expected a MAC in column %d.", r.mac+1)
	}
	word := cell(fields[r.mac])
	if r.url >= 0 && len(fields) > r.url {
		p.URL = cell(fields[r.url])
	}
	if p.Noted = r.note >= 0; p.Noted && len(fields) > r.note {
		p.Note = cell(fields[r.note])
	}
	if hasControl(word) || hasControl(p.URL) {
		return p, formError("it contains a control character.")
	}
	parse := macaddr.Parse
	if r.Short {
		parse = macaddr.ParseShort
	}
	mac, err := parse(word)
	switch {
	case err != nil && len(word) < 12 && !r.Short:
		return p, macError("%q: %v. In a list, shorter MACs need --short.", word, err)
	case err != nil:
		return p, macError("%q: %v.", word, err)
	}
	p.MAC = mac
	if r.columns > 0 && p.URL == "" {
		if i := slices.IndexFunc(fields, looksLikeURL); i >= 0 {
			bad := formError("column %d has a URL, and the header doesn't name it url: expected one of the names %s.", i+1, urlNames)
			if !r.phones {
				bad = bad.endsList()
			}
			return Phone{}, bad
		}
	}
	return p, nil
}

// withoutRemark returns text up to a # at its beginning or after a blank, outside of
// quotes; a # within a word may be part of a URL. With a header, columns may contain any text, and so
// may their names, so only whole lines are remarks.
func (r *Reader) withoutRemark(text string) string {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '#')
		if i < 0 || r.columns > 0 && from+i > 0 {
			return text
		}
		if i += from; (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') && strings.Count(text[:i], `"`)%2 == 0 {
			if i > 0 && !r.begun && r.namesColumns(text) {
				return text
			}
			return strings.TrimRight(text[:i], " \t")
		}
		from = i + 1
	}
}
