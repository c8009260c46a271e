package settings

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A scanner reads the tags of XML one after the other, and knows where they are. It
// lets encoding/xml read them, without its checks of namespaces, so that names stay
// as written; that end tags match is checked here, for better messages.
type scanner struct {
	text  string
	from  *xml.Decoder
	start int // where the token begins that was read last
	where cursor
	open  []opened
	tags  int
	head  int // where the header may be
	safe  int // how many open tags have names that can't be a part of a value
}

type opened struct {
	name string
	at   int
}

func newScanner(text string) *scanner {
	s := &scanner{text: text, from: newDecoder(text), where: cursor{text: text}}
	s.head = len(text) - len(strings.TrimLeft(text, blanks))
	return s
}

// newDecoder returns a decoder of text, which is UTF-8 whatever its header says.
func newDecoder(text string) *xml.Decoder {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d
}

// rootOf returns the name of the first element, or "".
func rootOf(text []byte) string {
	d := newDecoder(string(text))
	for {
		token, err := d.RawToken()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			return nameOf(start.Name)
		}
	}
}

func nameOf(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (s *scanner) offset() int { return int(s.from.InputOffset()) }

func (s *scanner) errorAt(offset int, format string, args ...any) error {
	return &SyntaxError{s.where.at(offset), fmt.Sprintf("broken XML: "+format, args...)}
}

// next returns the next start, end or text. At the end of a text that is complete,
// the error is io.EOF.
func (s *scanner) next() (xml.Token, error) {
	for {
		s.start = s.offset()
		token, err := s.from.RawToken()
		if errors.Is(err, io.EOF) {
			return nil, s.ended()
		}
		if err != nil {
			return nil, s.broken(err)
		}
		switch t := token.(type) {
		case xml.Comment:
		case xml.ProcInst:
			if t.Target == "xml" && s.start != s.head {
				return nil, s.errorAt(s.start, "a second header <?xml: remove it")
			}
		case xml.Directive:
			return nil, s.errorAt(s.start, "a <!DOCTYPE or the like, which phones don't read: remove it")
		case xml.StartElement:
			return token, s.begin(t)
		case xml.EndElement:
			return token, s.end(nameOf(t.Name))
		default:
			return token, nil
		}
	}
}

func (s *scanner) ended() error {
	if s.open == nil {
		return &SyntaxError{Text: "broken XML: it contains no element"}
	}
	if len(s.open) == 0 {
		return io.EOF
	}
	last := len(s.open) - 1
	if last < s.safe {
		return s.errorAt(len(s.text), "the file ends before the tag <%s> of %s: write </%[1]s>", s.open[last].name, s.where.at(s.open[last].at).Where())
	}
	return s.errorAt(len(s.text), "the file ends before the tag of %s: end that, or write a < in a value as &lt;", s.where.at(s.open[last].at).Where())
}

func (s *scanner) begin(start xml.StartElement) error {
	name := nameOf(start.Name)
	switch s.tags++; {
	case s.open != nil && len(s.open) == 0:
		return s.errorAt(s.start, "a second root element: put all parts into one <settings>")
	case len(s.open) == maxDepth:
		return s.errorAt(s.start, "more than %d tags in each other", maxDepth)
	case s.tags > MaxEntries:
		return tooMany(s.where.at(s.start))
	case len(start.Attr) > maxAttrs:
		return s.errorAt(s.start, "a tag with more than %d attributes", maxAttrs)
	}
	for i, a := range start.Attr {
		for _, b := range start.Attr[:i] {
			if a.Name == b.Name {
				return s.errorAt(s.start, "a tag that has the same attribute twice: remove one")
			}
		}
	}
	if s.open == nil {
		if s.safe = 2; name == container {
			s.safe = 3
		}
	}
	s.open = append(s.open, opened{name, s.start})
	return nil
}

func (s *scanner) end(name string) error {
	last := len(s.open) - 1
	if last < 0 {
		return s.errorAt(s.start, "an end tag without a start: remove it")
	}
	if open := s.open[last]; open.name != name {
		at := s.where.at(open.at).Where()
		if last < s.safe {
			return s.errorAt(s.start, "the tag <%s> of %s has no end before this one: write </%[1]s>", open.name, at)
		}
		return s.errorAt(s.start, "the tag of %s has no end before this one: end that, or write a < in a value as &lt;", at)
	}
	s.open = s.open[:last]
	return nil
}

// tag returns the start that was read last.
func (s *scanner) tag(start xml.StartElement) Tag {
	t := Tag{Pos: s.where.at(s.start), Name: nameOf(start.Name)}
	for _, a := range start.Attr {
		t.Attrs = append(t.Attrs, Attr{nameOf(a.Name), a.Value})
	}
	return t
}
