package settings

import (
	"encoding/xml"
	"errors"
	"strings"
	"unicode/utf8"
)

// A SyntaxError is a text that isn't a settings file. It says what is wrong and what
// to write instead, and quotes nothing that could be a password.
type SyntaxError struct {
	Pos         // zero if the whole text is wrong
	Text string // without the position
}

func (e *SyntaxError) Error() string {
	if e.Pos == (Pos{}) {
		return e.Text
	}
	return e.Where() + ": " + e.Text
}

// complaints are what encoding/xml says, by the beginning of its messages, and what we
// say. The rest of its messages may quote the file.
var complaints = []struct{ theirs, ours string }{
	{"unescaped ]]> ", "]]> in a value: write it as ]]&gt;"},
	{"expected element name after </", "an end tag without a name: write one such as </settings>, or a < in a value as &lt;"},
	{"invalid characters between </", "an end tag that is not complete: write one such as </settings>"},
	{"expected element name after <", "a < that begins no tag: write it as &lt;"},
	{"invalid XML name", "a name that XML doesn't allow: names begin with a letter; write a < in a value as &lt;"},
	{"expected attribute name", `a tag that is not complete: write attributes as name="value", and a < in a value as &lt;`},
	{"attribute name without =", `an attribute without a value: write it as name="value", and a < in a value as &lt;`},
	{"expected /> in element", "a / in a tag: write /> at its end, and quotes around values"},
	{"expected target name after <?", "a <? that begins nothing: remove it, or write a < in a value as &lt;"},
	{`invalid sequence "--"`, "a comment that contains --: write a single -"},
	{"invalid sequence <!-", "a <! that begins nothing: comments are written <!-- ... -->"},
	{"invalid <![ ", "a <! that begins nothing: remove it, or write a < in a value as &lt;"},
}

// broken returns an error for one of encoding/xml, which occurred while it read what
// begins at s.start.
func (s *scanner) broken(err error) error {
	syntax := (*xml.SyntaxError)(nil)
	if !errors.As(err, &syntax) {
		if strings.HasPrefix(err.Error(), "xml: unsupported version") {
			return s.errorAt(s.start, `the header declares another version of XML: write version="1.0"`)
		}
		return s.errorAt(s.start, "it can't be read")
	}
	here := s.offset()
	switch is := func(prefix string) bool { return strings.HasPrefix(syntax.Msg, prefix) }; {
	case is("invalid character entity"):
		return s.ampersand()
	case is("unexpected EOF"):
		return s.cut()
	case is("unquoted or missing attribute value"):
		return s.errorAt(here-1, `an attribute's value without quotes: write it as name="value"`)
	case is("unescaped < inside quoted string"):
		return s.errorAt(here-1, "a < in an attribute of the tag of %s: end the value with a quote, or write the < as &lt;", s.where.at(s.start).Where())
	case is("invalid UTF-8"):
		return s.errorAt(s.find(func(r rune, size int) bool { return r == utf8.RuneError && size == 1 }),
			`a character that is not UTF-8: save the file as UTF-8, or declare its encoding, such as encoding="iso-8859-1"`)
	case is("illegal character code"):
		return s.errorAt(s.find(func(r rune, _ int) bool {
			return r < ' ' && !strings.ContainsRune(blanks, r) || r == 0xFFFE || r == 0xFFFF
		}),
			"a control character, which XML doesn't allow: remove it")
	}
	for _, c := range complaints {
		if strings.HasPrefix(syntax.Msg, c.theirs) {
			return s.errorAt(s.start, "%s", c.ours)
		}
	}
	return s.errorAt(s.start, "it can't be read")
}

func (s *scanner) ampersand() error {
	at := max(s.start, strings.LastIndexByte(s.text[:s.offset()], '&'))
	return s.errorAt(at, "an & that begins no entity: write it as &amp;")
}

// cut returns an error for a file that ends inside a token.
func (s *scanner) cut() error {
	var what string
	switch rest := s.text[s.start:]; {
	case rest[0] != '<':
		return s.ampersand()
	case strings.HasPrefix(rest, "<!--"):
		what = "comment: write -->"
	case strings.HasPrefix(rest, "<!["):
		what = "CDATA section: write ]]>"
	case strings.HasPrefix(rest, "<?"):
		what = "<?: write ?>"
	default:
		what = "tag: write >, and quotes around values; write a < in a value as &lt;"
	}
	return s.errorAt(len(s.text), "the file ends before the end of what begins at %s, a %s", s.where.at(s.start).Where(), what)
}

// find returns the offset of the first character, from s.start on, for which wrong
// reports true, or s.start.
func (s *scanner) find(wrong func(r rune, size int) bool) int {
	for at := s.start; at < s.offset(); {
		r, size := utf8.DecodeRuneInString(s.text[at:])
		if wrong(r, size) {
			return at
		}
		at += size
	}
	return s.start
}
