package store

import (
	"regexp"
	"strings"
	"testing"
)

func TestNewAPIKeys(t *testing.T) {
	id, secret, uuid := regexp.MustCompile(`^[a-z2-7]{16}$`), regexp.MustCompile(`^[A-Z2-7]{52}$`), regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 100 {
		i, s, u := NewAPIKeyID(), NewAPISecret(), NewUUID()
		if !id.MatchString(i) || !secret.MatchString(s) || !uuid.MatchString(u) || seen[i] || seen[s] || seen[u] {
			t.Errorf("%s, %s, %s", i, s, u)
		}
		seen[i], seen[s], seen[u] = true, true, true
	}
}

func TestParseAPITexts(t *testing.T) {
	for _, parse := range []func(string) (string, error){ParseAPIComment, ParseProfileName} {
		if s, err := parse(" Büro 1 "); err != nil || s != "Büro 1" {
			t.Errorf("%q, %v", s, err)
		}
		for _, s := range []string{"a\x1b[2Jb", "a\nb", "a\xff", "a\u202eb", strings.Repeat("x", 201)} {
			if got, err := parse(s); err == nil || got != "" {
				t.Errorf("accepted %q", s)
			}
		}
	}
	if _, err := ParseAPIComment(""); err != nil {
		t.Error(err)
	}
	if _, err := ParseProfileName(" "); err == nil {
		t.Error("a profile without a name")
	}
}

func FuzzParseAPITexts(f *testing.F) {
	f.Add("falconieri at the office")
	f.Add("\x1b[2J")
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (string, error){ParseAPIComment, ParseProfileName} {
			if got, err := parse(s); err == nil && (!printable(got) || got != strings.TrimSpace(s)) {
				t.Errorf("%q was accepted as %q", s, got)
			}
		}
	})
}
