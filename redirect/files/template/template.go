// Package template fills in the settings files that are the same for many phones but for
// a few values. The values are in [store.PhonesFile], with a row for each phone:
//
//	mac,name,number
//	000413231234,Anna Nowak,201
//
// In another file, ${name} is replaced by the value in the column "name" of the phone's
// row, and ${files} by the URL of the account's files, which ends in a slash. $${ is
// written for ${ itself. There is no logic. What phones fill in, as {mac}, is left to
// them.
//
// A value changes nothing but the value that it belongs to: in XML, it is escaped, and
// must be in text or in the value of an attribute; in the plain form it can't end its line,
// because it contains no control characters.
package template

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"snomredirect/redirect/settings"
)

// Files is the name that stands for the URL of the account's files. It is no column.
const Files = "files"

// maxPlaces bounds the places in a template, which take more memory than its text.
const maxPlaces = 10_000

// A Template is a file with places in which values are filled in, or without any. It is
// immutable.
type Template struct {
	xml     bool
	pieces  []piece
	tail    string
	columns []string
	files   bool
}

// A piece is a text and the place after it.
type piece struct {
	before string
	column string // or Files, or "" for no place
	single bool   // in an attribute's value in single quotes
}

// An Error is what is wrong with a template or with phones.csv. It quotes no value, which
// may be a password.
type Error struct {
	Line   int // from 1; 0 if it is about the whole text
	Column int // in characters, from 1; 0 if it is about the whole line
	Text   string
}

func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Text
	case e.Column == 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// Parse reads a file. It does not keep text. If the text is wrong, the error is an
// *[Error]. A text that contains a zero byte, such as an image or UTF-16, has no places.
func Parse(text []byte) (*Template, error) {
	p := parser{Template: Template{xml: settings.IsXML(text)}, text: string(text)}
	if bytes.IndexByte(text, 0) >= 0 {
		return &Template{xml: p.xml, tail: p.text}, nil
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	if p.OfPhone() && !settings.IsUTF8(text) {
		return nil, &Error{1, 1, `values can be filled in only in UTF-8: save the file as UTF-8, and write encoding="utf-8"`}
	}
	return &p.Template, nil
}

// OfPhone reports whether the template has places for values of a phone.
func (t *Template) OfPhone() bool { return len(t.columns) > 0 }

// UsesFiles reports whether the template has places for the URL of the account's files.
func (t *Template) UsesFiles() bool { return t.files }

// Places returns how many places the template has.
func (t *Template) Places() int { return len(t.pieces) }

// Columns returns the columns that the template has places for, each once.
func (t *Template) Columns() []string { return slices.Clone(t.columns) }

// columnName matches the name of a column.
var columnName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// A parser reads a template.
type parser struct {
	Template
	text  string
	begun int             // where the text before the next place begins
	known map[string]bool // the columns
}

func (p *parser) parse() error {
	p.known = map[string]bool{}
	s := state{xml: p.xml}
	for i := 0; i < len(p.text); {
		switch rest := p.text[i:]; {
		case rest[0] != '$' || s.in == comment:
			i += s.step(rest)
		case strings.HasPrefix(rest, "$${"):
			p.add(i, i+len("$"), piece{})
			i += len("$${")
		case strings.HasPrefix(rest, "${"):
			end, err := p.place(i, s.in)
			if err != nil {
				return err
			}
			i = end
		default:
			i++
		}
		if len(p.pieces) > maxPlaces {
			return p.errorAt(i, fmt.Sprintf("more than %d places with ${ in a file: move what is the same for all phones to another file", maxPlaces))
		}
	}
	p.tail = p.text[p.begun:]
	return nil
}

// place reads the place that begins at i, and returns where it ends.
func (p *parser) place(i int, in where) (end int, err error) {
	name, _, closed := strings.Cut(p.text[i+len("${"):min(len(p.text), i+100)], "}")
	if !closed || !columnName.MatchString(name) {
		return 0, p.errorAt(i, "${ without the name of a column: expected one such as ${name}, in lower-case letters, digits and _, or $${ for ${ itself")
	}
	if wrong := notHere[in]; wrong != "" {
		return 0, p.errorAt(i, "${"+name+"} "+wrong)
	}
	if name == Files {
		p.files = true
	} else if !p.known[name] {
		p.known[name] = true
		p.columns = append(p.columns, name)
	}
	end = i + len("${}") + len(name)
	p.add(i, end, piece{column: name, single: in == singleQuotes})
	return end, nil
}

// add adds the text before i and a place, after which the text goes on at next.
func (p *parser) add(i, next int, place piece) {
	place.before = p.text[p.begun:i]
	p.pieces, p.begun = append(p.pieces, place), next
}

func (p *parser) errorAt(i int, text string) error {
	before := strings.TrimPrefix(p.text[:i], "\uFEFF")
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(line), text}
}
