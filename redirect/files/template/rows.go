package template

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Mac is the column that says which phone a row is for. Its value is filled in as 12
// upper-case hex digits.
const Mac = "mac"

// Bounds of phones.csv, because each value takes some 80 bytes of memory, even an empty one.
const (
	maxColumns = 64
	maxValues  = 100_000
)

// Rows are the values of phones, by column. All phones have the same columns.
type Rows map[macaddr.Addr]map[string]string

// ParseRows reads the text of [store.PhonesFile]: values separated by commas, as RFC 4180
// says, or by semicolons, under a line with the names of their columns, whose case does
// not matter. It keeps none of text. If the text is
// wrong, the error is an *[Error].
func ParseRows(text []byte) (Rows, error) {
	if len(text) > store.MaxFileSize {
		return nil, &Error{Text: fmt.Sprintf("the file is larger than %d KiB", store.MaxFileSize>>10)}
	}
	plain := store.WithoutMark(string(text))
	r := csv.NewReader(strings.NewReader(plain))
	if first, _, _ := strings.Cut(plain, "\n"); strings.Contains(first, ";") && !strings.Contains(first, ",") {
		r.Comma = ';' // as spreadsheets write it where the comma is a decimal point
	}
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &Error{Text: "the file is empty: expected a line with the names of columns, such as mac,name,number"}
	}
	if err != nil {
		return nil, wrongCSV(err)
	}
	mac, err := checkHeader(r, header)
	if err != nil {
		return nil, err
	}
	rows, lines := Rows{}, map[macaddr.Addr]int{}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, wrongCSV(err)
		}
		line, _ := r.FieldPos(0)
		a, err := macaddr.Parse(strings.TrimSpace(fields[mac]))
		if err != nil {
			return nil, &Error{Line: line, Text: "the mac: " + err.Error()}
		}
		if before, ok := lines[a]; ok {
			return nil, &Error{Line: line, Text: fmt.Sprintf("%s is in line %d already: delete one of them", a, before)}
		}
		lines[a] = line
		if len(lines)*len(header) > maxValues {
			return nil, &Error{Line: line, Text: fmt.Sprintf("more than %d values: delete columns that are the same for all phones, or empty", maxValues)}
		}
		row := make(map[string]string, len(header))
		for i, value := range fields {
			if i == mac {
				value = a.String()
			}
			if wrong := wrongValue(value); wrong != "" {
				return nil, &Error{Line: line, Text: fmt.Sprintf("%s: %s", header[i], wrong)}
			}
			row[header[i]] = value
		}
		rows[a] = row
	}
}

// checkHeader returns the index of the column mac, and folds the names.
func checkHeader(r *csv.Reader, header []string) (mac int, err error) {
	mac = -1
	seen := map[string]bool{}
	line, _ := r.FieldPos(0)
	wrong := func(format string, args ...any) (int, error) {
		return 0, &Error{Line: line, Text: fmt.Sprintf(format, args...)}
	}
	if len(header) > maxColumns {
		return wrong("%d columns: expected at most %d", len(header), maxColumns)
	}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		header[i] = name
		switch {
		// The name is not repeated: if there is no header, it is a value.
		case !columnName.MatchString(name) && strings.ContainsAny(name, ";\t"):
			return wrong("columns must be separated by commas or semicolons, all by the same: save the file as CSV")
		case !columnName.MatchString(name):
			return wrong("the name of column %d: expected one such as name, in letters, digits and _, with a letter first", i+1)
		case name == Files:
			return wrong("a column can't be named %s: ${%[1]s} is the URL of your files", Files)
		case seen[name]:
			return wrong("there are two columns %s: rename or delete one of them", name)
		case name == Mac:
			mac = i
		}
		seen[name] = true
	}
	if mac < 0 {
		return wrong("there is no column mac: expected a line with the names of columns, such as mac,name,number")
	}
	return mac, nil
}

// wrongValue returns what is wrong with a value, or "".
func wrongValue(value string) string {
	if !utf8.ValidString(value) {
		return "a character that is not UTF-8: save the file as UTF-8"
	}
	for _, r := range value {
		switch {
		case r == '\n' || r == '\r' || unicode.In(r, unicode.Zl, unicode.Zp):
			return "a line break in a value: delete it"
		case unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF:
			return "a control character in a value: delete it"
		}
	}
	return ""
}

// wrongCSV returns the error for one of encoding/csv.
func wrongCSV(err error) error {
	wrong := (*csv.ParseError)(nil)
	if !errors.As(err, &wrong) {
		return &Error{Text: "it can't be read"}
	}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return &Error{Line: wrong.Line, Text: `it has not as many values as there are columns: write a value with a comma in quotes, as "Nowak, Anna"`}
	case errors.Is(err, csv.ErrBareQuote):
		return &Error{Line: wrong.Line, Text: `a quote in a value without quotes around it: write it as "Anna ""Ann"" Nowak"`}
	}
	return &Error{Line: wrong.StartLine, Text: `a value in quotes that does not end with a quote: write a quote in it as ""`}
}
