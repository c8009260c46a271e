package shell

import (
	"slices"
	"strings"

	"snomredirect/sshconsole/usage"
)

// A command is one row of the table of commands. Dispatch, HELP, completion and
// usage errors all come from it.
type command struct {
	usage   string // also the grammar, as package usage reads it
	summary string
	example string // a whole line, shown by HELP
	label   string // what the classic help shows instead of usage
	caption string // and instead of summary
	alias   string // the command that this is another name of
	group   group
	changes effect
	run     func(*call) error
}

type group uint8

const (
	classic  group = iota // the old console's, in its help
	further               // in the help below it
	unlisted              // works, but is listed in no help but its own
	operator              // only for operators
)

// An effect is what a command changes; changes are logged.
type effect uint8

const (
	nothing effect = iota
	phones
	accounts // and perhaps who can stay logged in
)

// form returns what the command accepts. One that changes something accepts --dry-run.
func (c *command) form() usage.Form {
	return usage.Form{Usage: c.usage, DryRun: c.changes != nothing}
}

func (c *command) name() string { return c.form().Name() }

// words returns the command's name in the history.
func (c *command) words() string { return strings.Join(c.form().Literals(), " ") }

// usableBy reports whether an operator, or anyone, can use the command.
func (c *command) usableBy(operates bool) bool { return c.group != operator || operates }

// forms returns what commands accept.
func forms(commands []*command) []usage.Form {
	var all []usage.Form
	for _, c := range commands {
		all = append(all, c.form())
	}
	return all
}

// usable returns the commands that this caller can use.
func usable(commands []*command, operates bool) []*command {
	return slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return !c.usableBy(operates) })
}

// family returns the commands with a name, or with the name that it is an alias of.
func family(name string) []*command {
	i := slices.IndexFunc(commands, func(c *command) bool { return c.alias != "" && strings.EqualFold(c.name(), name) })
	if i >= 0 {
		name = commands[i].alias
	}
	return slices.DeleteFunc(slices.Clone(commands), func(c *command) bool { return c.alias != "" || !strings.EqualFold(c.name(), name) })
}

// isList reports whether words, right or wrong, read a list from standard input.
func isList(words []string) bool { return usage.ReadsList(words, forms(family(words[0]))) }

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
	family := family(words[0])
	if len(family) == 0 {
		return invocation{}, unknownCommand(words[0], words[0], operates)
	}
	name := family[0].name()
	known := forms(usable(family, operates))
	if len(known) == 0 {
		return invocation{}, refused(codeForbidden, "%s is for operators.", name)
	}
	rest, options, err := usage.TakeOptions(words, forms(family), known)
	if err == usage.ErrHelp {
		return find([]string{"HELP", name}, operates)
	}
	if err != nil {
		return invocation{}, misunderstood(codeUsage, "%q: %v Type help %s for its forms; put -- before words starting with a dash.", strings.Join(words, " "), err, strings.ToLower(name))
	}
	for _, c := range family {
		m, ok := c.form().Match(rest, options)
		switch {
		case ok && !c.usableBy(operates):
			return invocation{}, refused(codeForbidden, "%s is for operators.", c.usage)
		case ok:
			return invocation{c, m.Args, m.List, m.Options}, nil
		}
	}
	return invocation{}, unmatched(name, known, rest, options)
}

// unmatched returns the problem of words that match none of a command's forms.
func unmatched(name string, forms []usage.Form, words []string, options map[string]string) error {
	closest, typed, meant := usage.Closest(forms, words, options)
	if meant != "" {
		return misunderstood(codeUsage, "Unknown command %q: did you mean %s? Type help %s for its forms.", typed, meant, strings.ToLower(name))
	}
	if len(closest) > 3 {
		return misunderstood(codeUsage, "%s needs another word. Type help %s for its forms.", name, strings.ToLower(name))
	}
	var usages []string
	for _, f := range closest {
		usages = append(usages, f.Usage)
	}
	return misunderstood(codeUsage, "Expected: %s", strings.Join(usages, ", or: "))
}
