// Package usage reads command lines, with the usage of a command as the grammar:
// "REGISTER <mac>... [<url>] [--atomic]".
//
// In a usage, words in capitals and - are literals, in any case; <word> is an
// argument, [<word>] an optional one, and <word>... a list of all words that the
// arguments after it leave. A word such as --account is an option, which may be
// anywhere after the first word: "--account <name>" is required, "[--atomic]" and
// "[--server <url>]" are not. Every command accepts --json.
//
// The package knows no command: what words mean, and who may use them, is the
// caller's.
package usage

import (
	"regexp"
	"slices"
	"strings"
)

// Options that a usage does not mention.
const (
	JSON   = "json"
	DryRun = "dry-run"
)

// A Form is one form of a command. A command with several forms is several Forms
// with the same first word.
type Form struct {
	Usage   string
	words   []token // those that are not options
	options []token // that it accepts
}

// Parse parses a usage. If dryRun is set, the form accepts --dry-run.
func Parse(usage string, dryRun bool) Form {
	f := Form{Usage: usage, options: []token{{text: JSON, kind: option, optional: true}}}
	if dryRun {
		f.options = append(f.options, token{text: DryRun, kind: option, optional: true})
	}
	for _, t := range tokens(usage) {
		if t.kind == option {
			f.options = append(f.options, t)
		} else {
			f.words = append(f.words, t)
		}
	}
	return f
}

// Name returns the first word.
func (f Form) Name() string { return f.words[0].text }

// Literals returns the literals of the usage but for -.
func (f Form) Literals() []string {
	var words []string
	for _, t := range f.words {
		if t.kind == literal && t.text != "-" {
			words = append(words, t.text)
		}
	}
	return words
}

// Begins reports whether words, of which the first names f, are its first literals.
func (f Form) Begins(words []string) bool {
	own := f.Literals()
	return len(words) <= len(own) && slices.EqualFunc(words[1:], own[1:len(words)], strings.EqualFold)
}

// Short returns the usage without optional options.
func (f Form) Short() string { return optionalOptions.ReplaceAllString(f.Usage, "") }

var optionalOptions = regexp.MustCompile(` \[--[^]]*\]`)

// ReadsList reports whether words, right or wrong, want to read a list from
// standard input: whether one of them is -, and a literal of one of the forms that
// they begin.
func ReadsList(words []string, forms []Form) bool {
	var valued []string
	dash := false
	for _, f := range forms {
		valued = append(valued, f.valued()...)
		dash = dash || slices.ContainsFunc(f.words, func(t token) bool { return t.kind == literal && t.text == "-" })
	}
	rest, _, _ := split(words[1:], valued)
	return dash && slices.Contains(rest, "-")
}

// A token is one word of a usage, or an option with its value.
type token struct {
	text     string
	kind     tokenKind
	optional bool
	value    string // of an option, such as "<name>"; "" if it takes none
}

type tokenKind uint8

const (
	literal tokenKind = iota
	argument
	list // <word>...
	option
)

func tokens(usage string) []token {
	var tokens []token
	fields := strings.Fields(usage)
	for i := 0; i < len(fields); i++ {
		field := fields[i]
		t := token{text: strings.Trim(field, "[]"), optional: strings.HasPrefix(field, "[")}
		switch {
		case strings.HasPrefix(t.text, "--"):
			t.kind, t.text = option, t.text[2:]
			if i+1 < len(fields) && strings.HasPrefix(fields[i+1], "<") && !strings.HasSuffix(field, "]") {
				i++
				t.value = strings.Trim(fields[i], "[]")
			}
		case strings.HasSuffix(field, "..."):
			t.kind = list
		case strings.HasPrefix(t.text, "<"):
			t.kind = argument
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// Options returns the names of the options that the usage mentions.
func (f Form) Options() (names []string) {
	for _, t := range f.options {
		if t.text != JSON && t.text != DryRun {
			names = append(names, t.text)
		}
	}
	return names
}

// valued returns the names of the options that take a value.
func (f Form) valued() []string {
	var names []string
	for _, t := range f.options {
		if t.value != "" {
			names = append(names, t.text)
		}
	}
	return names
}
