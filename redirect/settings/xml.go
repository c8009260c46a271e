package settings

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readXML reads a file in XML.
func readXML(text []byte) (*File, error) {
	decoded, encoding, header, err := decode(text)
	if err != nil {
		return nil, err
	}
	s := newScanner(decoded)
	root, err := s.root()
	if err != nil {
		return nil, err
	}
	f := &File{Format: XML, Header: header, Encoding: encoding, Root: root}
	if root.Name == container {
		err = s.inside(f.readPart(s), func(pos Pos, text string) {
			f.Parts = append(f.Parts, Part{Tag: Tag{Pos: pos}, Entries: []Entry{&Other{Pos: pos, Value: text}}})
		})
	} else {
		err = f.readPart(s)(root)
	}
	if err == nil {
		err = s.rest()
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// root reads up to the start of the root element.
func (s *scanner) root() (Tag, error) {
	for {
		token, err := s.next()
		if err != nil {
			return Tag{}, err
		}
		switch t := token.(type) {
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return Tag{}, s.errorAt(s.start+s.blank(), "text before the root element: remove it")
			}
		case xml.StartElement:
			root := s.tag(t)
			if !isRoot(root.Name) {
				return root, &SyntaxError{root.Pos, fmt.Sprintf("not a settings file: phones don't know the root element <%s>; expected one such as <settings> or <setting-files>", root.Name)}
			}
			return root, nil
		}
	}
}

// rest reads what comes after the root element.
func (s *scanner) rest() error {
	for {
		token, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) > 0 {
			return s.errorAt(s.start+s.blank(), "text after the root element: remove it")
		}
	}
}

// blank returns how many bytes of the text that was read last are blank.
func (s *scanner) blank() int {
	token := s.text[s.start:s.offset()]
	return len(token) - len(strings.TrimLeft(token, blanks))
}

// inside reads what is inside the tag that was read last, including its end. It calls
// child for each tag, and stray for text between them. Child must read its tag to the
// end.
func (s *scanner) inside(child func(Tag) error, stray func(Pos, string)) error {
	var text []byte
	var pos Pos // of the text, zero if it is blank
	for {
		token, err := s.next()
		if err != nil {
			return err
		}
		if t, ok := token.(xml.CharData); ok {
			if pos == (Pos{}) && len(bytes.TrimSpace(t)) > 0 {
				pos = s.where.at(s.start + s.blank())
			}
			text = append(text, t...)
			continue
		}
		var tag Tag
		start, more := token.(xml.StartElement)
		if more {
			tag = s.tag(start)
		}
		if pos != (Pos{}) {
			stray(pos, string(bytes.TrimSpace(text)))
		}
		text, pos = text[:0], Pos{}
		if !more {
			return nil
		}
		if err := child(tag); err != nil {
			return err
		}
	}
}

// A content is what is inside a tag that has a value.
type content struct {
	text string // of all that is inside
	raw  string // as written, without blanks around it
	tags bool   // whether there are tags inside
}

// content reads what is inside the tag that was read last, including its end.
func (s *scanner) content() (c content, err error) {
	begin, level := s.offset(), len(s.open)
	var text []byte
	for {
		token, err := s.next()
		if err != nil {
			return c, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			c.tags = true
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			if len(s.open) < level {
				c.raw = strings.TrimSpace(s.text[begin:max(begin, s.start)])
				c.text = string(text)
				return c, nil
			}
		}
	}
}

// value returns the value that phones keep: text, or XML as written.
func (c content) value() (value string, isXML bool) {
	if c.tags {
		return c.raw, true
	}
	return c.text, false
}

// unexpected returns what is inside a tag that should be empty.
func (c content) unexpected() string {
	if c.tags || strings.TrimSpace(c.text) != "" {
		return c.raw
	}
	return ""
}
