package table

import (
	"io"
	"slices"
	"strings"

	"snomredirect/sshconsole/usage"
)

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	helpHead = "Welcome to the snom configuration tool.\nYou may use the following commands:\n\n"
	helpFoot = "\nA MAC address may be entered as 3 to 6 digit hexadecimal number, case does not matter (e.g. 2e4 --> 0004132202E4)\n\n"
)

const (
	topicsHelpHead   = "More commands; HELP <command> explains one, HELP ALL lists all:\n\n"
	operatorHelpHead = "For operators, who reach every account's phones:\n\n"
	helpOptions      = "\nEvery command accepts --json; commands that change something accept --dry-run.\n\n"
)

// A Topic is a line of the help: what some commands are about, and their first words.
type Topic struct {
	Name     string
	Commands []string
}

// WriteHelp writes the old console's help, and below it the topics, each with those of
// its commands that this caller can use. That fits a screen of 24 lines.
func (t Table[T]) WriteHelp(w io.Writer, topics []Topic, operates bool) {
	usage.WriteRows(w, helpHead, t.classic(), helpFoot)
	usable := t.usable(operates).names()
	var rows []usage.Row
	for _, topic := range topics {
		names := slices.DeleteFunc(slices.Clone(topic.Commands), func(name string) bool { return !slices.Contains(usable, name) })
		if len(names) > 0 {
			rows = append(rows, usage.Row{Usage: topic.Name, Summary: strings.Join(names, ", ")})
		}
	}
	usage.WriteRows(w, topicsHelpHead, rows, helpOptions)
}

// WriteAll writes a line for each form of a command that this caller can use.
func (t Table[T]) WriteAll(w io.Writer, operates bool) {
	var all, operators []usage.Row
	for _, e := range t.entries {
		row := usage.Row{Usage: e.form.Short(), Summary: e.Summary} // a line has no room for all options
		switch e.Group {
		case Classic, Further:
			all = append(all, row)
		case Operator:
			operators = append(operators, row)
		}
	}
	usage.WriteRows(w, "", all, "")
	if operates {
		usage.WriteRows(w, "\n"+operatorHelpHead, operators, "")
	}
	_, _ = io.WriteString(w, helpOptions)
}

// classic returns the rows of the old console's help.
func (t Table[T]) classic() (rows []usage.Row) {
	for _, e := range t.entries {
		switch {
		case e.Group != Classic:
		case e.Label == "":
			rows = append(rows, usage.Row{Usage: e.Usage, Summary: e.Summary})
		default: // it can do more than the old one
			rows = append(rows, usage.Row{Usage: e.Label, Summary: e.Caption})
		}
	}
	return rows
}

// Options returns the names of the options that the command's usage mentions.
func (r Row) Options() (names []string) { return r.parse().Options() }

// Usable returns the commands that this caller can use.
func (t Table[T]) Usable(operates bool) []Row { return t.usable(operates).rows() }

func (t Table[T]) rows() (all []Row) {
	for _, e := range t.entries {
		all = append(all, e.Row)
	}
	return all
}

// Help returns the forms of the command that words name, as far as the caller can
// use them. The error is an [*Error].
func (t Table[T]) Help(words []string, operates bool) (rows []Row, err error) {
	name := strings.Join(words, " ")
	known := false
	for _, r := range t.family(words[0]).rows() {
		if r.parse().Begins(words) {
			known = true
			if r.usableBy(operates) {
				rows = append(rows, r)
			}
		}
	}
	switch {
	case !known:
		return nil, t.unknown(name, words[0], operates)
	case len(rows) == 0:
		return nil, forOperators(strings.ToUpper(name))
	}
	return rows, nil
}
