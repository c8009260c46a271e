package phonelist

import (
	"slices"
	"strings"
)

// looksLikeMAC tells MACs, even short or mangled ones, from names of columns.
func looksLikeMAC(field string) bool {
	return strings.Trim(strings.ToLower(cell(field)), "0123456789abcdef:.-+") == ""
}

// cell returns a column without the formula ="…" that keeps spreadsheets from taking
// a MAC for a number.
func cell(field string) string {
	if inner, ok := strings.CutPrefix(field, `="`); ok {
		if inner, ok = strings.CutSuffix(inner, `"`); ok {
			return strings.TrimSpace(inner)
		}
	}
	return field
}

// hasControl reports whether a column that is used has an ASCII control character;
// other ones are neither in MACs nor in URLs.
func hasControl(field string) bool {
	for i := range len(field) {
		if field[i] < ' ' || field[i] == 0x7F {
			return true
		}
	}
	return false
}

// looksLikeURL reports whether a column that no header names is a URL of a setting
// server nevertheless.
func looksLikeURL(field string) bool {
	scheme, _, ok := strings.Cut(cell(field), "://")
	return ok && slices.Contains([]string{"http", "https", "tftp", "ftp"}, strings.ToLower(scheme))
}
