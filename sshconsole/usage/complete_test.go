package usage

import (
	"slices"
	"strings"
	"testing"
)

// candidates returns what can follow words in table; values as they are written there.
func candidates(words []string, partial string) (all []string) {
	if len(words) == 0 {
		return Topics(table, nil)
	}
	for _, f := range named(words[0]) {
		next := f.Next(words, partial)
		all = append(append(all, next.Words...), next.Values...)
	}
	return all
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"l": "list ", "LI": "LIST ", "x": "x", "account re": "account remove ", "account ": "account  ADD KEY LIST REMOVE",
		"list --s": "list --s --server --silent", "list --server ": "list --server <url> ", "list --server x --s": "list --server x --silent ",
		"list ": "list <model> ", "account key a": "account key a", "account key a l": "account key a list ",
		"account remove a --transfer-to ": "account remove a --transfer-to <other> ", "list --json --": "list --json --s --server --silent",
	} {
		got, pos, several := Complete(line, len(line), candidates)
		if pos != len(got) || strings.Join(append([]string{got}, several...), " ") != want {
			t.Errorf("%q: %q, %d, %q; want %q", line, got, pos, several, want)
		}
	}
	if got := Topics(table, []string{"account", "key"}); !slices.Equal(got, []string{"ADD", "LIST"}) {
		t.Errorf("%q", got)
	}
}

func FuzzComplete(f *testing.F) {
	for _, line := range []string{"account key acme r", "list --server x snom", "register 2e4 --account=", "list -- ", "\u212a \u017f"} {
		f.Add(line, len(line))
	}
	f.Fuzz(func(t *testing.T, line string, pos int) {
		pos = min(max(pos, 0), len(line))
		got, at, _ := Complete(line, pos, candidates)
		if at < pos || got[:pos] != line[:pos] || got[at:] != line[pos:] {
			t.Fatalf("%q, %d: %q, %d", line, pos, got, at)
		}
	})
}
