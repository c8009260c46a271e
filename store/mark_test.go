package store

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

func TestWithoutMark(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"\uFEFF":                           "",
		"\uFEFFa\uFEFF":                    "a\uFEFF",
		"a":                                "a",
		"\xFCa":                            "\xFCa",
		"\xFF\xFEa\x00\xFC\x00":            "aü",
		"\xFE\xFF\x00a":                    "a",
		"\xFF\xFE":                         "",
		"\uFEFF" + strings.Repeat("x", 10): strings.Repeat("x", 10),
	} {
		if got := WithoutMark(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A text is the same in UTF-16 with a mark, as Windows PowerShell writes files.
func FuzzWithoutMark(f *testing.F) {
	f.Add("ssh-ed25519 AAAA ü")
	f.Add("\xFF\xFEa")
	f.Fuzz(func(t *testing.T, text string) {
		if got := WithoutMark("\uFEFF" + text); got != text {
			t.Errorf("%q: %q", text, got)
		}
		if !utf8.ValidString(text) {
			return
		}
		wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		if got := WithoutMark(wide); err != nil || text != "" && got != text {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	})
}
