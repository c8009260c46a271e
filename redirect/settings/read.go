package settings

import (
	"bytes"
	"fmt"
)

// Limits on a file. Read returns an error for larger ones, so that whatever it is
// given costs little.
const (
	MaxSize    = 4 << 20 // in bytes
	MaxEntries = 250_000 // tags in XML, lines other than remarks in a plain file
	maxDepth   = 32      // tags in each other
	maxAttrs   = 64      // attributes of a tag
)

// Read reads a settings file in the plain form or in XML: it finds out which, as
// phones do. It keeps neither comments nor layout. If the text is wrong, the error is
// a *SyntaxError.
func Read(text []byte) (*File, error) {
	if len(text) > MaxSize {
		return nil, &SyntaxError{Text: fmt.Sprintf("the file is longer than %d MiB", MaxSize>>20)}
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if beginsXML(bytes.TrimLeft(text, blanks)) {
		return readXML(text)
	}
	if err := otherText(text); err != nil {
		return nil, err
	}
	return readPlain(string(text))
}

// blanks are what XML takes for white space.
const blanks = " \t\r\n"

// otherText returns an error if text is something between the two forms.
func otherText(text []byte) error {
	if bytes.HasPrefix(text, []byte("\xFE\xFF")) || bytes.HasPrefix(text, []byte("\xFF\xFE")) {
		return &SyntaxError{Pos{1, 1}, "the file is UTF-16: save it as UTF-8"}
	}
	return textBeforeXML(text)
}
