package settings

import (
	"bytes"
	"fmt"
	"regexp"
	"unicode"
)

// beginsXML reports whether text begins with <?xml or a root element that phones know.
func beginsXML(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("<"))
	if !ok {
		return false
	}
	name := rest[:min(len(rest), 64)]
	if end := bytes.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	return bytes.HasPrefix(name, []byte("?xml")) || isRoot(string(name))
}

// textBeforeXML returns an error if other text comes before XML: in an earlier line, or
// in the same line before a settings file. That would pass for the plain format, in
// which lines of XML are comments, and a warning "Notice: ..." is a setting.
func textBeforeXML(text []byte) error {
	if before := bytes.Index(text, []byte("<?xml")); before >= 0 && isRoot(rootOf(text[before:])) {
		return errTextBefore(text[:before])
	}
	before := 0
	for line := range bytes.Lines(text) {
		if beginsXML(bytes.TrimLeft(line, blanks)) {
			return errTextBefore(text[:before])
		}
		before += len(line)
	}
	return nil
}

// htmlTag matches what PHP wraps its warnings in.
var htmlTag = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)

func errTextBefore(text []byte) error {
	const maxQuoted = 200
	blank := len(text) - len(bytes.TrimLeft(text, blanks))
	c := cursor{text: string(text)}
	pos := c.at(blank)
	text = bytes.TrimSpace(text[:min(len(text), 4<<10)])
	if words := bytes.TrimSpace(htmlTag.ReplaceAllLiteral(text, nil)); len(words) > 0 {
		text = words
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	quoted := []rune(withoutValue(string(bytes.TrimSpace(first))))
	if len(quoted) > maxQuoted {
		quoted = append(quoted[:maxQuoted], []rune("...")...)
	}
	return &SyntaxError{pos, fmt.Sprintf("text before <?xml, such as a warning from PHP: %q; XML must be the first text of the file", string(quoted))}
}

// withoutValue hides the value of a setting, which may be a password. PHP begins its
// warnings with capitals, as in "Notice: ...", which no setting does.
func withoutValue(line string) string {
	if s, ok := readLine(line); ok && !unicode.IsUpper(rune(line[0])) {
		return s.Name + ": ..."
	}
	return line
}
