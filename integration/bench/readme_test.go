package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadmeKeepsWhatWasNotMeasured(t *testing.T) {
	const page = "# Title\n\n<!-- boot -->\nold boot\n<!-- end -->\n\nWhy.\n\n<!-- kept -->\nold kept\n<!-- end -->\nLast.\n"
	got, err := replaced([]byte(page), report{"boot", "new\n"})
	if want := strings.Replace(page, "old boot\n", "new\n", 1); err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	for _, page := range []string{page, "<!-- https -->\n", "<!-- https -->\n<!-- kept -->\n<!-- end -->\n"} {
		if got, err := replaced([]byte(page), report{"https", "new\n"}); err == nil {
			t.Errorf("%q has no place for https, and became %q", page, got)
		}
	}
}

func TestReadmeHasAllFamilies(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if _, err := replaced(page, report{f.name, "new\n"}); err != nil {
			t.Error(err)
		}
	}
}

// What is not installed now may have been when the page was measured.
func TestReadmeKeepsRowsOfWhatIsMissing(t *testing.T) {
	all := families
	t.Cleanup(func() { families = all })
	families = []family{{"boot", "", func(b *bench) error { b.missing = append(b.missing, "all"); return nil }}}
	const page = "<!-- boot -->\nold boot\n<!-- end -->\n"
	file := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&bench{}).measure("", file); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != page {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReached(t *testing.T) {
	for _, c := range []struct {
		value float64
		reach string
		want  string
	}{{0.9, "≤ 0.90", "yes"}, {0.91, "≤ 0.90", "no"}, {8, "≥ 8", "yes"}, {7.9, "≥ 8", "no"}, {1, "", ""}} {
		if got := reached(c.value, c.reach); got != c.want {
			t.Errorf("reached(%v, %q) = %q, want %q", c.value, c.reach, got, c.want)
		}
	}
}
