package store

import (
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// WithoutMark returns a text from outside without the byte order mark that editors
// and shells, above all on Windows, put before it. A text that its mark declares as
// UTF-16 is returned as UTF-8. Every text that people write in files or pipe in is
// read through it, or through a decoder that does the same.
func WithoutMark(text string) string {
	if strings.HasPrefix(text, "\xFF\xFE") || strings.HasPrefix(text, "\xFE\xFF") {
		if decoded, err := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().String(text); err == nil {
			return decoded
		}
	}
	return strings.TrimPrefix(text, "\uFEFF")
}
