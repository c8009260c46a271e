package shell

import (
	"io"
	"strings"

	"snomredirect/sshconsole/usage"
)

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	Prompt      = "==> "
	welcomeText = "Welcome, %s! Type help for help.\n"
	helpHead    = "Welcome to the snom configuration tool.\nYou may use the following commands:\n\n"
	helpFoot    = "\nA MAC address may be entered as 3 to 6 digit hexadecimal number, case does not matter (e.g. 2e4 --> 0004132202E4)\n\n"
)

const (
	furtherHelpHead  = "More commands; HELP <command> shows one with an example:\n\n"
	operatorHelpHead = "For operators, who reach every account's phones:\n\n"
	helpOptions      = "Every command accepts --json; commands that change something accept --dry-run.\n\n"
)

// writeHelp writes the old console's help, and below it the newer commands and
// those for operators.
func writeHelp(w io.Writer, operates bool) {
	var old, full, operators []usage.Row
	for _, c := range commands {
		row := usage.Row{Usage: c.form().Short(), Summary: c.summary} // a line has no room for all options
		switch {
		case c.group == classic && c.label == "":
			old = append(old, row)
		case c.group == classic: // it can do more than the old one
			old = append(old, usage.Row{Usage: c.label, Summary: c.caption})
			full = append(full, row)
		case c.group == further:
			full = append(full, row)
		case c.group == operator:
			operators = append(operators, row)
		}
	}
	usage.WriteRows(w, helpHead, old, helpFoot)
	usage.WriteRows(w, furtherHelpHead, full, "\n")
	if operates {
		usage.WriteRows(w, operatorHelpHead, operators, "\n")
	}
	io.WriteString(w, helpOptions)
}

func help(c *call) error {
	if !c.json {
		writeHelp(c.out, c.by.Operates())
		return nil
	}
	for _, cmd := range usable(commands, c.by.Operates()) {
		c.object(cmd.object())
	}
	return nil
}

// helpOne shows the forms of one command that the caller can use, each with an
// example.
func helpOne(c *call) error {
	words := c.list
	name := strings.Join(words, " ")
	known := false
	var rows []*command
	for _, cmd := range family(words[0]) {
		if cmd.form().Begins(words) {
			known = true
			if cmd.usableBy(c.by.Operates()) {
				rows = append(rows, cmd)
			}
		}
	}
	switch {
	case !known:
		return unknownCommand(name, words[0], c.by.Operates())
	case len(rows) == 0:
		return refused(codeForbidden, "%s is for operators.", strings.ToUpper(name))
	}
	for _, cmd := range rows {
		c.answer(cmd.object(), "%s: %s\n    %s\n", cmd.usage, cmd.summary, cmd.example)
	}
	return nil
}

type commandObject struct {
	Command string `json:"command"`
	Summary string `json:"summary"`
	Example string `json:"example,omitempty"`
}

func (c *command) object() commandObject { return commandObject{c.usage, c.summary, c.example} }
