package template

import "strings"

// A where is a part of XML, or the plain form.
type where uint8

const (
	text where = iota // between tags, or the plain form
	tag
	doubleQuotes // the value of an attribute
	singleQuotes
	comment
	cdata
	instruction // <?...?>
	directive   // <!...>
)

// notHere are what is wrong with a place in a part of XML. In a comment it is none.
var notHere = map[where]string{
	tag:         "in a tag: values can be filled in only in text, and in an attribute's value, in quotes",
	cdata:       "in a CDATA section, where values can't be escaped: write it outside",
	instruction: "in a <?...?>: values can be filled in only in text, and in an attribute's value, in quotes",
	directive:   "in a <!...>: values can be filled in only in text, and in an attribute's value, in quotes",
}

// A state is where in a text a reader is. It is right for XML that settings.Read takes;
// of any other, no phone reads anything.
type state struct {
	xml bool
	in  where
}

// begins and ends are how parts of XML begin in text and end, in the order to try them.
var begins = []struct {
	by string
	in where
}{{"<!--", comment}, {"<![CDATA[", cdata}, {"<?", instruction}, {"<!", directive}, {"<", tag}}

var ends = [...]string{tag: ">", comment: "-->", cdata: "]]>", instruction: "?>", directive: ">", doubleQuotes: `"`, singleQuotes: "'"}

// step returns how many bytes of rest, which is not empty, belong together, and goes to
// the end of them.
func (s *state) step(rest string) int {
	switch {
	case !s.xml:
	case s.in == text:
		if rest[0] != '<' {
			break
		}
		for _, b := range begins {
			if strings.HasPrefix(rest, b.by) {
				s.in = b.in
				return len(b.by)
			}
		}
	case strings.HasPrefix(rest, ends[s.in]):
		n := len(ends[s.in])
		if s.in == doubleQuotes || s.in == singleQuotes {
			s.in = tag
		} else {
			s.in = text
		}
		return n
	case s.in == tag && rest[0] == '"':
		s.in = doubleQuotes
	case s.in == tag && rest[0] == '\'':
		s.in = singleQuotes
	}
	return 1
}
