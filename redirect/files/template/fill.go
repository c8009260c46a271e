package template

import (
	"errors"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// Errors of [Template.Fill].
var (
	// ErrNoValue means that the values lack a column.
	ErrNoValue = errors.New("a column is missing")
	// ErrSize means that the text would be larger than [store.MaxFileSize].
	ErrSize = errors.New("the text is too large when it is filled in")
	// ErrForm means that values have made XML of a file in the plain form.
	ErrForm = errors.New("a value makes XML of the plain form")
)

// Fill returns the text for a phone, given its values by column and the URL of the
// account's files. The values may be nil if the template has no places for them. The
// caller may keep the text and change it.
func (t *Template) Fill(values map[string]string, files string) ([]byte, error) {
	size, err := t.Size(values, files)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, size)
	for i := range t.pieces {
		p := &t.pieces[i]
		value, _ := p.value(values, files)
		b = t.append(append(b, p.before...), p, value)
	}
	b = append(b, t.tail...)
	if len(t.pieces) > 0 && settings.IsXML(b) != t.xml {
		return nil, ErrForm
	}
	return b, nil
}

// Size returns the length of what Fill returns. The errors are ErrNoValue and ErrSize.
func (t *Template) Size(values map[string]string, files string) (int, error) {
	size := len(t.tail)
	for i := range t.pieces {
		p := &t.pieces[i]
		value, ok := p.value(values, files)
		if !ok {
			return 0, ErrNoValue
		}
		if size += len(p.before) + t.size(p, value); size > store.MaxFileSize {
			return 0, ErrSize
		}
	}
	if size > store.MaxFileSize {
		return 0, ErrSize
	}
	return size, nil
}

// value returns the value of a place.
func (p *piece) value(values map[string]string, files string) (value string, ok bool) {
	switch p.column {
	case "":
		return "", true
	case Files:
		return files, true
	}
	value, ok = values[p.column]
	return value, ok
}

// size returns the length of what append appends.
func (t *Template) size(p *piece, value string) int {
	n := len(value)
	if t.xml {
		for i := range len(value) {
			if escaped := p.escaped(value[i]); escaped != "" {
				n += len(escaped) - 1
			}
		}
	}
	return n
}

func (t *Template) append(b []byte, p *piece, value string) []byte {
	if !t.xml {
		return append(b, value...)
	}
	begin := 0
	for i := range len(value) {
		if escaped := p.escaped(value[i]); escaped != "" {
			b = append(append(b, value[begin:i]...), escaped...)
			begin = i + 1
		}
	}
	return append(b, value[begin:]...)
}

// escaped returns how a byte is written in XML, or "" if as it is. All are entities that
// XML itself defines, because it is unknown whether old firmware reads numeric ones.
func (p *piece) escaped(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&quot;"
	case '\'':
		if p.single {
			return "&apos;"
		}
	}
	return ""
}
