package shell

import (
	"errors"
	"strings"

	"snomredirect/sshconsole/table"
	"snomredirect/sshconsole/usage"
)

// A command is one row of the table of commands, as [table.Row] describes it.
// Dispatch, HELP, completion and usage errors all come from it.
type command struct {
	usage, summary, example, label, caption, alias string

	group   table.Group
	changes effect
	live    bool // it shows things as they happen
	run     func(*call) error
}

// paged reports whether what the command writes at a terminal is shown a screen at a
// time: not if it shows things as they happen, or changes something and may ask.
func (c *command) paged() bool { return c.changes == nothing && !c.live }

// looks reports whether the command shows what is stored.
func (c *command) looks() bool {
	return c.changes == nothing && c.group != unlisted && c.usage != "BYE"
}

const (
	further  = table.Further
	unlisted = table.Unlisted
	operator = table.Operator
)

// An effect is what a command changes; changes are logged.
type effect uint8

const (
	nothing effect = iota
	phones
	accounts // and perhaps who can stay logged in
	sessions
)

func (c *command) row() table.Row {
	return table.Row{Usage: c.usage, Summary: c.summary, Example: c.example, Label: c.label, Caption: c.caption, Alias: c.alias,
		Group: c.group, Changes: c.changes != nothing}
}

// words returns the command's name in the history.
func (c *command) words() string {
	return strings.Join(usage.Parse(c.usage, false).Literals(), " ")
}

// namesAccount reports whether the first argument is the name of an account.
func (c *command) namesAccount() bool { return strings.HasPrefix(c.usage, "ACCOUNT ") }

// An invocation is a command with its arguments, as a line gave them.
type invocation struct {
	cmd     *command
	args    []string // of <word> and [<word>], in the order of the usage; "" for those left out
	list    []string // of <word>...
	options map[string]string
}

// find returns what words invoke, or what is wrong with them, as far as this
// caller may know.
func find(words []string, operates bool) (invocation, error) {
	c, m, err := commandTable.Find(words, operates)
	return invocation{c, m.Args, m.List, m.Options}, unfound(err)
}

// unfound returns the problem of a line that invokes no command, if err is one.
func unfound(err error) error {
	e := (*table.Error)(nil)
	switch {
	case !errors.As(err, &e):
		return err
	case e.Forbidden:
		return refused(codeForbidden, "%s", e.Text)
	}
	return misunderstood(codeUsage, "%s", e.Text)
}

// blameShellSyntax replaces err, the problem of a line that was not understood, if
// the line contains what only a Unix shell understands.
func blameShellSyntax(words []string, err error) error {
	if p := (*problem)(nil); !errors.As(err, &p) || p.status != StatusMisunderstood || p.text == "" {
		return err
	}
	if syntax := commandTable.ShellSyntax(words); syntax != nil {
		return unfound(syntax)
	}
	return err
}
