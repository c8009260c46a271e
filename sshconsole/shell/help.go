package shell

import "snomredirect/sshconsole/table"

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	Prompt      = "==> "
	welcomeText = "Welcome, %s! Type help for help.\n"
)

func help(c *call) error {
	if !c.json {
		commandTable.WriteHelp(c.out, c.by.Operates())
		return nil
	}
	for _, r := range commandTable.Usable(c.by.Operates()) {
		c.object(helpObject(r))
	}
	return nil
}

// helpOne shows the forms of one command that the caller can use, each with an
// example.
func helpOne(c *call) error {
	rows, err := commandTable.Help(c.list, c.by.Operates())
	for _, r := range rows {
		c.answer(helpObject(r), "%s: %s\n    %s\n", r.Usage, r.Summary, r.Example)
	}
	return unfound(err)
}

type commandObject struct {
	Command string `json:"command"`
	Summary string `json:"summary"`
	Example string `json:"example,omitempty"`
}

func helpObject(r table.Row) commandObject { return commandObject{r.Usage, r.Summary, r.Example} }
