// Package template fills in setting files of partners: ${column} in a file becomes the
// value in that column of a phone's row in phones.csv.
//
// There is no logic. ${files} is the URL of the account's files, with a slash at its
// end, and $${ is a literal ${. {mac} is left to the phone.
package template

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// FilesURL is the name of the value that is the URL of the account's files.
const FilesURL = "files"

// ErrMissing means that the phone has no value for a column.
var ErrMissing = errors.New("no value")

// ErrTooLarge means that a filled-in text is larger than [store.MaxFileSize].
var ErrTooLarge = errors.New("too large when filled in")

// A SyntaxError is where and why a text can't be read.
type SyntaxError struct {
	Line   int // from 1
	Column int // in characters, from 1; 0 if unknown
	Text   string
}

func (e *SyntaxError) Error() string { return e.Text }

// A Template is a parsed text. It is safe for concurrent use.
type Template struct {
	parts   []part
	columns []string // without FilesURL, sorted
	files   bool
	xml     bool
}

// A part is a text or, if value is set, the name of a value.
type part struct {
	text  []byte
	value string
}

// Parse parses a text, which the template keeps. The error is a [*SyntaxError].
func Parse(text []byte) (*Template, error) {
	t := &Template{xml: settings.IsXML(bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\uFEFF")), " \t\r\n"))}
	rest := text
	for {
		i := bytes.Index(rest, []byte("${"))
		if i < 0 {
			t.literal(rest)
			return t, nil
		}
		at := len(text) - len(rest) + i
		if i > 0 && rest[i-1] == '$' {
			t.literal(rest[:i-1])
			t.literal(rest[i : i+2])
			rest = rest[i+2:]
			continue
		}
		t.literal(rest[:i])
		name, after, ok := bytes.Cut(rest[i+2:], []byte("}"))
		if !ok || !isColumn(string(name)) {
			return nil, syntaxError(text, at, `"${" without the name of a column and "}": expected for example ${name}, or "$${" for the characters themselves`)
		}
		t.value(string(name))
		rest = after
	}
}

func (t *Template) literal(text []byte) {
	if len(text) > 0 {
		t.parts = append(t.parts, part{text: text})
	}
}

func (t *Template) value(name string) {
	t.parts = append(t.parts, part{value: name})
	if name == FilesURL {
		t.files = true
	} else if i, found := slices.BinarySearch(t.columns, name); !found {
		t.columns = slices.Insert(t.columns, i, name)
	}
}

// OfPhone reports whether the text contains values of a phone.
func (t *Template) OfPhone() bool { return len(t.columns) > 0 }

// UsesFiles reports whether the text contains the URL of the account's files.
func (t *Template) UsesFiles() bool { return t.files }

// Columns returns the columns whose values the text contains, sorted.
func (t *Template) Columns() []string { return slices.Clone(t.columns) }

// Fill returns the text with these values, by column, and the URL of the account's files.
// In XML they are escaped. The error is [ErrMissing] or [ErrTooLarge].
func (t *Template) Fill(values map[string]string, files string) ([]byte, error) {
	size := 0
	for _, p := range t.parts {
		size += len(p.text) + len(values[p.value])
	}
	b := make([]byte, 0, min(size+2*len(files)+64, store.MaxFileSize))
	for _, p := range t.parts {
		if p.value == "" {
			b = append(b, p.text...)
		} else {
			v, ok := values[p.value]
			if p.value == FilesURL {
				v, ok = files, true
			}
			if !ok {
				return nil, fmt.Errorf("%w in column %s", ErrMissing, p.value)
			}
			b = t.appendValue(b, v)
		}
		if len(b) > store.MaxFileSize {
			return nil, ErrTooLarge
		}
	}
	return b, nil
}

func (t *Template) appendValue(b []byte, v string) []byte {
	if !t.xml {
		return append(b, v...)
	}
	return append(b, escaper.Replace(v)...)
}

// escaper escapes what has a meaning in texts and attributes of XML.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// isColumn reports whether s can be the name of a column: a letter, then letters, digits
// and "_", all in lower case.
func isColumn(s string) bool {
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || i > 0 && ('0' <= c && c <= '9' || c == '_') {
			continue
		}
		return false
	}
	return s != "" && len(s) <= 64
}

// syntaxError returns the error for what is wrong at an offset of a text.
func syntaxError(text []byte, at int, problem string) error {
	before := text[:at]
	return &SyntaxError{
		Line:   1 + bytes.Count(before, []byte("\n")),
		Column: 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]),
		Text:   problem,
	}
}
