// Package table finds the command that a line means in a table of commands. What
// help shows, how words are completed and what a wrong line is told all come from
// the same table.
//
// A command is described by its usage, which package usage reads as the grammar,
// and by who can use it: anyone, or only operators. The package runs no commands.
package table

import (
	"strings"

	"snomredirect/sshconsole/usage"
)

// A Row describes a command. A command with several forms has several rows with
// the same first word.
type Row struct {
	Usage   string // also the grammar
	Summary string
	Example string // a whole line, shown by HELP
	Label   string // what the classic help shows instead of Usage
	Caption string // and instead of Summary
	Alias   string // the command that this is another name of
	Group   Group
	Changes bool // it accepts --dry-run
}

// A Group is where the help lists a command, and who can use it.
type Group uint8

const (
	Classic  Group = iota // the old console's, in its help
	Further               // in the help below it
	Unlisted              // works, but is listed in no help but its own
	Operator              // only for operators
)

func (r Row) parse() usage.Form { return usage.Parse(r.Usage, r.Changes) }

// usableBy reports whether an operator, or anyone, can use the command.
func (r Row) usableBy(operates bool) bool { return r.Group != Operator || operates }

// A Table is commands in the order of the help. T is what the caller knows a
// command as.
type Table[T any] struct{ entries []entry[T] }

type entry[T any] struct {
	Row
	form    usage.Form
	command T
}

// New returns the table of commands, each of which row describes.
func New[T any](commands []T, row func(T) Row) Table[T] {
	var t Table[T]
	for _, c := range commands {
		t.entries = append(t.entries, entry[T]{row(c), row(c).parse(), c})
	}
	return t
}

// usable returns the entries that this caller can use.
func (t Table[T]) usable(operates bool) Table[T] {
	return t.filter(func(e *entry[T]) bool { return e.usableBy(operates) })
}

// family returns the entries with a name, or with the name that it is an alias of.
func (t Table[T]) family(name string) Table[T] {
	for i := range t.entries {
		if e := &t.entries[i]; e.Alias != "" && strings.EqualFold(e.form.Name(), name) {
			name = e.Alias
			break
		}
	}
	return t.filter(func(e *entry[T]) bool { return e.Alias == "" && strings.EqualFold(e.form.Name(), name) })
}

// filter returns the entries that match.
func (t Table[T]) filter(matches func(*entry[T]) bool) (some Table[T]) {
	for i := range t.entries {
		if matches(&t.entries[i]) {
			some.entries = append(some.entries, t.entries[i])
		}
	}
	return some
}

// forms returns what the commands accept.
func (t Table[T]) forms() (all []usage.Form) {
	for _, e := range t.entries {
		all = append(all, e.form)
	}
	return all
}

// names returns the first word of each command.
func (t Table[T]) names() (all []string) {
	for _, e := range t.entries {
		all = append(all, e.form.Name())
	}
	return all
}

// IsList reports whether words, right or wrong, read a list from standard input.
func (t Table[T]) IsList(words []string) bool {
	return usage.ReadsList(words, t.family(words[0]).forms())
}
