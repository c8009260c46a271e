package lineedit

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rivo/uniseg"
)

func TestHistory(t *testing.T) {
	var h history
	for _, line := range []string{"a", "", "b", "b", "c"} {
		h.add(line)
	}
	if strings.Join(h, " ") != "c b a" {
		t.Errorf("%q", h)
	}
	for range 2 * maxHistory {
		h.add("x")
		h.add("y")
	}
	if len(h) != maxHistory {
		t.Errorf("%d lines are kept", len(h))
	}
}

func TestSearch(t *testing.T) {
	earlier := []string{"show 2e4", "register 2e5 http://a.example/", "show 2e5", "list"}
	for keys, want := range map[string]string{
		"\x12show\r":                             "show 2e5",
		"\x12show\x12\r":                         "show 2e4",
		"\x12show 2\x12\x12\r":                   "show 2e4", // no older one
		"\x12sh\x7f\x7freg\r":                    "register 2e5 http://a.example/",
		"\x12show 2e4\x7f5\r":                    "show 2e5",
		"\x12\x12\x7fa.ex\x1b[D!\r":              "register 2e5 http://a.example!/",
		"typed\x1b[H\x12show\x07x\r":             "xtyped",
		"\x12show\x03":                           "interrupted",
		"typed\x12none\r":                        "typed",
		"\x12show\x12\x12\x12\x15list\r":         "list",
		"\x12" + strings.Repeat("é", 200) + "\r": "",
		"x\x1c\x1d\x1e\x07\x7fy\r":               "y", // control characters that mean something only inside
	} {
		synctest.Test(t, func(t *testing.T) {
			var screen strings.Builder
			e := newEditing(t, &screen, 80)
			e.types(strings.Join(earlier, "\r") + "\r")
			e.types(keys)
			if want := append(slices.Clone(earlier), want); !slices.Equal(e.lines, want) {
				t.Errorf("%q: %q, want %q\n%q", keys, e.lines, want, &screen)
			}
		})
	}
}

// A search is shown as bash shows it, and the prompt returns.
func TestSearchIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		e := newEditing(t, s, 80)
		e.types("show 2e4\rlist\rty")
		for _, step := range []struct{ keys, row string }{
			{"\x12", "(reverse-i-search)`': ty"},
			{"sh", "(reverse-i-search)`sh': show 2e4"},
			{"x", "(failed reverse-i-search)`shx': show 2e4"},
			{"\x7f", "(reverse-i-search)`sh': show 2e4"},
			{"\x1b[D", "==> show 2e4"},
			{"\x12li", "(reverse-i-search)`li': list"},
			{"\x07", "==> show 2e4"},
		} {
			e.types(step.keys)
			if got := strings.TrimRight(strings.Join(s.cells, ""), " "); got != step.row {
				t.Errorf("after %q: %q, want %q", step.keys, got, step.row)
			}
		}
	})
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte("\x12sh\x7f\x12\rlist\r"))
	f.Add([]byte("a\x12\x1b[A\x12\x12\x07\x03\x04"))
	f.Fuzz(func(t *testing.T, in []byte) {
		term := NewTerminal(io.Discard, Config{Prompt: prompt, Columns: width(40), TextWidth: uniseg.StringWidth})
		term.history = history{"show 2e4", "größe 電話"}
		go term.Pump(strings.NewReader(string(in)+"\rlast\r"), func() bool { return true })
		for n := 0; ; n++ {
			line, err := term.ReadLine(prompt)
			if line == "last" || n > len(in)+2 {
				if n > len(in)+2 || err != nil {
					t.Fatalf("%q: %q, %v", in, line, err)
				}
				return
			}
		}
	})
}
