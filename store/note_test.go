package store

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseNote(t *testing.T) {
	for s, want := range map[string]Note{
		"":                        "",
		"  ":                      "",
		" Berlin, desk  4 ":       "Berlin, desk  4",
		strings.Repeat("é", 100):  Note(strings.Repeat("é", 100)),
		"1st floor = left, \"A\"": "1st floor = left, \"A\"",
	} {
		if got, err := ParseNote(s); got != want || err != nil {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{strings.Repeat("é", 101), "a\nb", "a\x1b[2J", "a\u202eb", "a\xff", "=1+1", " @SUM(A1)", "+49", "-x"} {
		if got, err := ParseNote(s); got != "" || err == nil || !strings.HasPrefix(err.Error(), "expected a note") {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}

func FuzzParseNote(f *testing.F) {
	for _, s := range []string{"", " desk 4 ", "=1", "a\tb", "\xff", "\u00a0é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNote(s)
		if err != nil {
			return
		}
		if again, err := ParseNote(string(n)); again != n || err != nil {
			t.Errorf("%q became %q, then %q, %v", s, n, again, err)
		}
		if utf8.RuneCountInString(string(n)) > MaxNote || !printable(string(n)) {
			t.Errorf("%q became %q", s, n)
		}
	})
}
