package store

import "strings"

// WithoutMark returns a text from outside without the byte order mark that editors
// and shells, above all on Windows, put before it. Every text that people write in
// files or pipe in begins with a call of it, or of a decoder that does the same.
func WithoutMark(text string) string { return strings.TrimPrefix(text, "\uFEFF") }
