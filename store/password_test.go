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
