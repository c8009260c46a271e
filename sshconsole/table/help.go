package table

import (
	"io"
	"strings"

	"snomredirect/sshconsole/usage"
)

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	helpHead = "Welcome to the snom configuration tool.\nYou may use the following commands:\n\n"
	helpFoot = "\nA MAC address may be entered as 3 to 6 digit hexadecimal number, case does not matter (e.g. 2e4 --> 0004132202E4)\n\n"
)

const (
	furtherHelpHead  = "More commands; HELP <command> shows one with an example:\n\n"
	operatorHelpHead = "For operators, who reach every account's phones:\n\n"
	helpOptions      = "Every command accepts --json; commands that change something accept --dry-run.\n\n"
)

// WriteHelp writes the old console's help, and below it the newer commands and
// those for operators.
func (t Table[T]) WriteHelp(w io.Writer, operates bool) {
	var old, full, operators []usage.Row
	for _, e := range t.entries {
		row := usage.Row{Usage: e.form().Short(), Summary: e.Summary} // a line has no room for all options
		switch {
		case e.Group == Classic && e.Label == "":
			old = append(old, row)
		case e.Group == Classic: // it can do more than the old one
			old = append(old, usage.Row{Usage: e.Label, Summary: e.Caption})
			full = append(full, row)
		case e.Group == Further:
			full = append(full, row)
		case e.Group == Operator:
			operators = append(operators, row)
		}
	}
	usage.WriteRows(w, helpHead, old, helpFoot)
	usage.WriteRows(w, furtherHelpHead, full, "\n")
	if operates {
		usage.WriteRows(w, operatorHelpHead, operators, "\n")
	}
	_, _ = io.WriteString(w, helpOptions)
}

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
		if r.form().Begins(words) {
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
