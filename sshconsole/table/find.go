package table

import (
	"fmt"
	"strings"

	"snomredirect/sshconsole/usage"
)

// An Error is why a line invokes no command, in words for its caller.
type Error struct {
	Text      string // "" if an earlier line was told the same
	Forbidden bool   // it was understood, and is for operators
}

func (e *Error) Error() string { return e.Text }

func misunderstood(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...)}
}

func forOperators(what string) *Error {
	return &Error{Text: what + " is for operators.", Forbidden: true}
}

// Find returns the command that words invoke, with what they give to it. The error
// is an [*Error], which says only what this caller may know.
func (t Table[T]) Find(words []string, operates bool) (command T, m usage.Match, err error) {
	family := t.family(words[0])
	if len(family.entries) == 0 {
		return command, m, t.unknown(words[0], words[0], operates)
	}
	name := family.entries[0].form.Name()
	known := family.usable(operates).forms()
	if len(known) == 0 {
		return command, m, forOperators(name)
	}
	rest, options, err := usage.TakeOptions(words, family.forms(), known)
	if err == usage.ErrHelp {
		return t.Find([]string{"HELP", name}, operates)
	}
	if err != nil {
		return command, m, misunderstood("%q: %v Type help %s for its forms; put -- before words starting with a dash.", strings.Join(words, " "), err, strings.ToLower(name))
	}
	named := 0 // literals: CLAIM LIST is never CLAIM <mac>, whatever the options
	for _, e := range family.entries {
		if _, ok := e.form.Match(rest, nil); ok {
			named = max(named, len(e.form.Literals()))
		}
	}
	for _, e := range family.entries {
		m, ok := e.form.Match(rest, options)
		switch {
		case len(e.form.Literals()) < named:
		case ok && !e.usableBy(operates):
			return command, m, forOperators(e.Usage)
		case ok:
			return e.command, m, nil
		}
	}
	return command, m, unmatched(name, known, rest, options)
}

// unmatched returns the error of words that match none of a command's forms.
func unmatched(name string, forms []usage.Form, words []string, options map[string]string) error {
	closest, typed, meant := usage.Closest(forms, words, options)
	if meant != "" {
		return misunderstood("Unknown command %q: did you mean %s? Type help %s for its forms.", typed, meant, strings.ToLower(name))
	}
	if len(closest) > 3 {
		return misunderstood("%s needs another word. Type help %s for its forms.", name, strings.ToLower(name))
	}
	var usages []string
	for _, f := range closest {
		usages = append(usages, f.Usage)
	}
	return misunderstood("Expected: %s", strings.Join(usages, ", or: "))
}

// unknown returns the error of a line or a HELP whose first word is no command,
// with the nearest one that this caller can use.
func (t Table[T]) unknown(typed, word string, operates bool) error {
	if name := usage.Nearest(word, t.usable(operates).names()); name != "" {
		return misunderstood("Unknown command %q: did you mean %s? Type help for help.", typed, name)
	}
	return misunderstood("Unknown command %q. Type help for help.", typed)
}
