package template

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// macColumn is the column of the phones' MACs.
const macColumn = "mac"

// maxColumns bounds the columns of phones.csv.
const maxColumns = 100

// Rows are the rows of phones.csv.
type Rows struct {
	Columns []string // in the order of the file, with "mac"
	// Values are those of each phone by column, the phone's MAC among them as macaddr
	// writes it.
	Values map[macaddr.Addr]map[string]string
	Lines  map[macaddr.Addr]int // where each row begins
}

// Has reports whether there is a column.
func (r *Rows) Has(column string) bool { return slices.Contains(r.Columns, column) }

// ParseRows parses phones.csv: comma-separated values (RFC 4180) with the columns' names
// in the first line, one of which is mac, and then one row a phone. A row has a value for
// each column, which may be empty. Values have no control characters, such as line breaks,
// because they could begin a setting of their own in a file. The error is a
// [*SyntaxError].
func ParseRows(text []byte) (*Rows, error) {
	if !utf8.Valid(text) {
		if text = []byte(store.WithoutMark(string(text))); !utf8.Valid(text) {
			return nil, &SyntaxError{1, 0, "phones.csv is not UTF-8: save it as UTF-8"}
		}
	}
	reader := csv.NewReader(strings.NewReader(store.WithoutMark(string(text))))
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err == io.EOF {
		return nil, &SyntaxError{1, 0, "phones.csv is empty: expected the names of columns, such as mac,name"}
	}
	if err != nil {
		return nil, csvError(err)
	}
	rows := &Rows{Values: map[macaddr.Addr]map[string]string{}, Lines: map[macaddr.Addr]int{}}
	if err := rows.header(header); err != nil {
		return nil, err
	}
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := reader.FieldPos(0)
		if err := rows.row(record, line); err != nil {
			return nil, err
		}
	}
}

func (r *Rows) header(names []string) error {
	if len(names) > maxColumns {
		return &SyntaxError{1, 0, fmt.Sprintf("%d columns: expected at most %d", len(names), maxColumns)}
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		switch {
		case !isColumn(name):
			return &SyntaxError{1, 0, fmt.Sprintf("the column %q: expected a name of lower-case letters, digits and _, with a letter first", store.Printable(name))}
		case name == FilesURL:
			return &SyntaxError{1, 0, "the column files: ${files} is the URL of your files; use another name"}
		case r.Has(name):
			return &SyntaxError{1, 0, fmt.Sprintf("the column %s twice", name)}
		}
		r.Columns = append(r.Columns, name)
	}
	if !r.Has(macColumn) {
		return &SyntaxError{1, 0, "no column mac: the first line has the names of columns, such as mac,name"}
	}
	return nil
}

func (r *Rows) row(record []string, line int) error {
	values := make(map[string]string, len(record))
	for i, v := range record {
		v = strings.Clone(v) // all of a record share one string
		if strings.ContainsFunc(v, unicode.IsControl) {
			return &SyntaxError{line, 0, fmt.Sprintf("a control character in the column %s, such as a line break", r.Columns[i])}
		}
		values[r.Columns[i]] = v
	}
	mac, err := macaddr.Parse(strings.TrimSpace(values[macColumn]))
	if err != nil {
		return &SyntaxError{line, 0, fmt.Sprintf("the MAC %q: %v", store.Printable(values[macColumn]), err)}
	}
	if before, found := r.Lines[mac]; found {
		return &SyntaxError{line, 0, fmt.Sprintf("the MAC %v again, which line %d has too", mac, before)}
	}
	values[macColumn] = mac.String()
	r.Values[mac], r.Lines[mac] = values, line
	return nil
}

func csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return &SyntaxError{1, 0, "phones.csv can't be read"}
	}
	if errors.Is(p.Err, csv.ErrFieldCount) {
		return &SyntaxError{p.StartLine, 0, "another number of values than columns"}
	}
	return &SyntaxError{p.Line, p.Column, fmt.Sprintf("broken CSV: %v", p.Err)}
}
