package usage

import (
	"errors"
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
		got, err := Split(line)
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
		words, err := Split(line)
		if !known(err) || !strings.Contains(err.Error(), want) || words != nil {
			t.Errorf("%q: %q, %v; want an error with %q", line, words, err, want)
		}
	}
}

// known reports whether err is one of those that Split promises.
func known(err error) bool {
	var own *Error
	var line *lineedit.Error
	return errors.As(err, &own) || errors.As(err, &line)
}

// quote quotes words so that Split returns them.
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
		words, err := Split(line)
		if err != nil {
			if !known(err) {
				t.Fatalf("%q: %v", line, err)
			}
			return
		}
		again := quote(words)
		if len(again) > lineedit.MaxLine {
			return
		}
		if got, err := Split(again); err != nil || !slices.Equal(got, words) {
			t.Fatalf("%q is %q; quoted as %s it is %q, %v", line, words, again, got, err)
		}
	})
}

func TestSplitQuoted(t *testing.T) {
	got := SplitQuoted([]string{"2e4 \t2e5 ", "2e6", "", " ", "x\u00a0y"})
	if want := []string{"2e4", "2e5", "2e6", "", " ", "x\u00a0y"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}
