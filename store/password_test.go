package store

import (
	"regexp"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	pw := NewPassword()
	if !regexp.MustCompile(`^[A-Z2-7]{20}$`).MatchString(pw) || pw == NewPassword() {
		t.Errorf("password %q", pw)
	}
	h := HashPassword(pw)
	if !strings.HasPrefix(string(h), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q", h)
	}
	if h == HashPassword(pw) {
		t.Error("two hashes share a salt")
	}
	if !h.Matches(pw) || h.Matches(pw+"x") || h.Matches("") || h.Matches(strings.Repeat("x", maxPassword+1)) {
		t.Error("Matches: wrong result")
	}
}

// If there is no valid hash, no password matches, not even the one that is compared
// with the decoy.
func TestNoPasswordMatchesNothing(t *testing.T) {
	for _, h := range []PasswordHash{"", "plain"} {
		for _, pw := range []string{"", "plain", strings.Repeat("x", 20)} {
			if h.Matches(pw) {
				t.Errorf("%q matches %q", h, pw)
			}
		}
	}
}

// A check must take the same time with and without a password: compare the two
// rows.
func BenchmarkMatches(b *testing.B) {
	for name, h := range map[string]PasswordHash{"wrong": HashPassword(NewPassword()), "none": ""} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if h.Matches("ABCDEFGHIJKLMNOPQRST") {
					b.Fatal("matched")
				}
			}
		})
	}
}

func TestParsePassword(t *testing.T) {
	for _, ok := range []string{"correct horse battery", "twelve chars", "電話電話電話電話電話abcd", NewPassword(), strings.Repeat("abc", 85)} {
		if got, err := ParsePassword(ok, "acme"); got != ok || err != nil {
			t.Errorf("%q: %q, %v", ok, got, err)
		}
	}
	for bad, want := range map[string]string{
		"":                         "at least 12",
		"電話電話電話電話電話a":              "at least 12",
		strings.Repeat("abc", 86):  "up to 256 bytes",
		"a tab\tin the middle":     "control characters",
		"\xff is not UTF-8 at all": "control characters",
		"abababababababab":         "easy to guess",
		"the ACME password":        "easy to guess",
	} {
		if _, err := ParsePassword(bad, "acme"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", bad, err, want)
		}
	}
}

func FuzzParsePassword(f *testing.F) {
	f.Add("correct horse battery")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := ParsePassword(s, "acme"); err == nil && (got != s || len(s) > maxPassword || !printable(s)) {
			t.Errorf("%q: %q", s, got)
		}
	})
}
