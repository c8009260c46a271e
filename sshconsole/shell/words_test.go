package shell

import (
	"slices"
	"strings"
	"testing"

	"snomredirect/sshconsole/lineedit"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                           nil,
		" \t ":                       nil,
		"list":                       {"list"},
		"  show\t2e4  ":              {"show", "2e4"},
		`company acme 'A  B' "C\"D"`: {"company", "acme", "A  B", `C"D`},
		`a\ b c\\d \'x`:              {"a b", `c\d`, "'x"},
		`"a\b" 'a\b'`:                {`a\b`, `a\b`},
		`''`:                         {""},
		`a""b`:                       {"ab"},
		`a b; c | d & $e * {mac}`:    {"a", "b;", "c", "|", "d", "&", "$e", "*", "{mac}"},
		"# don't":                    nil,
		"list\t# \"all":              {"list"},
		`a#b '#c' "#d" \#e #f`:       {"a#b", "#c", "#d", "#e"},
		"größe 電話":                   {"größe", "電話"},
	} {
		got, err := splitWords(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		`show "2e4`:                             `expected another "`,
		`show '2e4`:                             `expected another '`,
		`show 2e4\`:                             "ends in a backslash",
		"list\nderegister 2e4":                  "control character",
		"list\rx":                               "control character",
		"list\x00":                              "control character",
		"list\x1b[2J":                           "control character",
		"list\u009b2J":                          "control character",
		"list\xff":                              "UTF-8",
		strings.Repeat("x", lineedit.MaxLine+1): "longer than 4096 bytes",
	} {
		words, err := splitWords(line)
		if p, ok := err.(*problem); !ok || p.status != StatusMisunderstood || !strings.Contains(p.text, want) || words != nil {
			t.Errorf("%q: %q, %v; want an error with %q", line, words, err, want)
		}
	}
}

// quote quotes words so that splitWords returns them.
func quote(words []string) string {
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(quoted, " ")
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`account company acme "A \"B\"" 'C' \D`)
	f.Add("show 2e4")
	f.Add(`''"" \\`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line)
		if err != nil {
			if !isProblem(err) {
				t.Fatalf("%q: %v", line, err)
			}
			return
		}
		again := quote(words)
		if len(again) > lineedit.MaxLine {
			return
		}
		if got, err := splitWords(again); err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q is %q; quoted as %s it is %q, %v", line, words, again, got, err)
		}
	})
}
