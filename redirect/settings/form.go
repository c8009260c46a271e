package settings

import (
	"bytes"
	"strings"
)

// IsXML reports whether Read takes text for XML.
func IsXML(text []byte) bool {
	return beginsXML(bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\uFEFF")), blanks))
}

// IsUTF8 reports whether the header of XML declares UTF-8, or nothing, which means the
// same. Of the plain form it is always true.
func IsUTF8(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if !IsXML(text) {
		return true
	}
	_, encoding, _, err := decode(text[:min(len(text), 1<<10)])
	return err == nil && (encoding == "" || charsets[strings.ToLower(encoding)] == nil)
}
