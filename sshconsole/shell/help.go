package shell

import (
	"strings"

	"snomredirect/sshconsole/table"
	"snomredirect/sshconsole/usage"
)

// The old console's words, to the byte (snom's Mass Deployment slides).
const (
	Prompt      = "==> "
	welcomeText = "Welcome, %s! Type help for help.\n"
)

// topics are the lines of the help. Each command is in one of them, or in the old
// console's help only.
var topics = []table.Topic{
	{Name: "Phones", Commands: []string{"REGISTER", "DEREGISTER", "LIST", "COUNT", "NOTE", "EXPORT", "CLAIM"}},
	{Name: "Setting servers", Commands: []string{"SERVER", "RETARGET", "CHECK", "FILE"}},
	{Name: "What happens", Commands: []string{"HISTORY", "UNDO", "WATCH", "EXPLAIN"}},
	{Name: "Your account", Commands: []string{"WHOAMI", "KEY", "PASSWORD", "API"}},
	{Name: "For operators", Commands: []string{"ACCOUNT", "TRANSFER", "FREE", "DEFAULT", "STATUS", "NODES", "WHO", "BACKUP"}},
}

// optionTexts explains the options of all commands. An option means the same wherever
// it is.
var optionTexts = map[string]string{
	"account":      "for the account with this name",
	"atomic":       "change all phones of the list or, if one of them can't be changed, none",
	"follow":       "let the phones follow the account's setting server, also those with a URL of their own",
	"force":        "store the file in spite of errors, unless it would break or lock out a phone",
	"free":         "hold no phone for its owner: any account can register it at once",
	"limit":        "at most so many",
	"long":         "each phone on a line with its model, last contact, setting server and note",
	"notes":        "with a header, and a column for notes",
	"path":         "explain the request for this path instead of the phone's last one",
	"phones":       "stop redirecting the account's phones too",
	"pnp":          "explain the answer over Plug & Play",
	"search":       "only phones whose MAC, model, setting server or note contains this text",
	"server":       "only phones that are sent to this setting server",
	"short":        "accept MACs of 3 to 6 digits, which replace the last ones of 000413220000",
	"silent":       "only phones without contact for this time, such as 90m, 36h, 7d or 2w",
	"transfer-to":  "transfer the account's phones to this account first",
	"unregistered": "only phones that no account has registered",
	"user-agent":   "explain the reply to a phone that sends this User-Agent",
	"version":      "this version of the file instead of the latest",
	"yes":          "don't ask",
}

func help(c *call) error {
	if !c.json {
		c.shown().WriteHelp(c.out, topics, c.by.Operates())
		return nil
	}
	for _, r := range c.shown().Usable(c.by.Operates()) {
		c.object(helpObject(r))
	}
	return nil
}

func helpAll(c *call) error {
	if c.json {
		return help(c)
	}
	c.shown().WriteAll(c.out, c.by.Operates())
	return nil
}

// helpOne shows the forms of one command that the caller can use, each with an
// example, and explains their options.
func helpOne(c *call) error {
	rows, err := commandTable.Help(c.list, c.by.Operates())
	if err == nil && c.Files == nil {
		if rows, err = filelessTable.Help(c.list, c.by.Operates()); err != nil {
			return NoFiles(strings.ToUpper(strings.Join(c.list, " ")))
		}
	}
	var options []usage.Row
	explained := map[string]bool{}
	for _, r := range rows {
		c.answer(helpObject(r), "%s: %s\n    %s\n", r.Usage, r.Summary, r.Example)
		for _, name := range r.Options() {
			if !explained[name] {
				explained[name] = true
				options = append(options, usage.Row{Usage: "--" + name, Summary: optionTexts[name]})
			}
		}
	}
	if len(options) > 0 && !c.json {
		usage.WriteRows(c.out, "Options:\n", options, "")
	}
	return unfound(err)
}

type commandObject struct {
	Command string            `json:"command"`
	Summary string            `json:"summary"`
	Example string            `json:"example,omitempty"`
	Options map[string]string `json:"options,omitempty"` // what each one means
}

func helpObject(r table.Row) commandObject {
	o := commandObject{Command: r.Usage, Summary: r.Summary, Example: r.Example, Options: map[string]string{}}
	for _, name := range r.Options() {
		o.Options["--"+name] = optionTexts[name]
	}
	return o
}
