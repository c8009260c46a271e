package sshconsole

import "strings"

// The commands, in the order of the help.
var commands []*command

func init() { // HELP is in the table and reads it
	commands = []*command{
		{usage: "SHOW <mac>", summary: "Show the status of a phone.", run: show},
		{usage: "REGISTER <mac> [<url>]", label: "REGISTER <mac>", summary: "Register a phone.", run: register, changes: phones},
		{usage: "REG <mac> [<url>]", label: "REG <mac>", summary: "Same as REGISTER.", run: register, changes: phones},
		{usage: "DEREGISTER <mac>", summary: "Deregister a phone.", run: deregister, changes: phones},
		{usage: "LIST", summary: "List all phones assigned.", run: list},
		{usage: "BYE", summary: "Leave this tool.", run: bye},

		{group: unlisted, usage: "HELP", summary: "Show all commands.", run: help},
		{group: unlisted, usage: "HELP <command>", summary: "Show one command.", run: helpOne},
		{group: unlisted, usage: "EXIT", summary: "Same as BYE.", run: bye},
		{group: unlisted, usage: "QUIT", summary: "Same as BYE.", run: bye},

		{group: operator, usage: "REGISTER <mac> [<url>] --account <name>", summary: "Register a phone for an account.", run: register, changes: phones},
		{group: operator, usage: "REG <mac> [<url>] --account <name>", summary: "Same as REGISTER.", run: register, changes: phones},
		{group: operator, usage: "ACCOUNT ADD <name> [<url>]", summary: "Add a partner, with the setting server of its phones.", run: accountAdd, changes: accounts},
		{group: operator, usage: "ACCOUNT LIST", summary: "List all accounts: name, role, state, setting server.", run: accountList},
		{group: operator, usage: "ACCOUNT SHOW <name>", summary: "Show an account.", run: accountShow},
		{group: operator, usage: "ACCOUNT SERVER <name> <url>", summary: "Change the setting server of all its phones without one of their own.", run: accountServer, changes: accounts},
		{group: operator, usage: "ACCOUNT COMPANY <name> <text>...", summary: "Note whose account it is.", run: accountCompany, changes: accounts},
		{group: operator, usage: "ACCOUNT ROLE <name> <partner|operator>", summary: "Change what it may do.", run: accountRole, changes: accounts},
		{group: operator, usage: "ACCOUNT KEY <name> ADD <key|->...", summary: "Let a public key in; - reads keys from standard input.", run: accountKeyAdd, changes: accounts},
		{group: operator, usage: "ACCOUNT KEY <name> LIST", summary: "List its keys: fingerprint, kind, comment.", run: accountKeyList},
		{group: operator, usage: "ACCOUNT KEY <name> REMOVE <fingerprint>", summary: "Shut a key out.", run: accountKeyRemove, changes: accounts},
		{group: operator, usage: "ACCOUNT PASSWORD <name>", summary: "Make a new password and show it, once.", run: accountPassword, changes: accounts},
		{group: operator, usage: "ACCOUNT PASSWORD <name> REMOVE", summary: "Let keys in alone.", run: accountPasswordRemove, changes: accounts},
		{group: operator, usage: "ACCOUNT DISABLE <name>", summary: "Shut an account out; its phones are still redirected.", run: accountDisable, changes: accounts},
		{group: operator, usage: "ACCOUNT ENABLE <name>", summary: "Let it in again.", run: accountEnable, changes: accounts},
		{group: operator, usage: "ACCOUNT REMOVE <name>", summary: "Remove an account that has no phones.", run: accountRemove, changes: accounts},
	}
}

func bye(*call) error { return errBye }

func help(c *call) error {
	writeHelp(c.out, c.by.Operates())
	return nil
}

// helpOne shows the forms of one command that the caller may use.
func helpOne(c *call) error {
	var rows []*command
	known := false
	for _, cmd := range commands {
		if !strings.EqualFold(cmd.name(), c.args[0]) {
			continue
		}
		known = true
		if cmd.group != operator || c.by.Operates() {
			full := *cmd
			full.label = ""
			rows = append(rows, &full)
		}
	}
	if known && len(rows) == 0 {
		return refused("%s is for operators.", strings.ToUpper(c.args[0]))
	}
	if !known {
		return misunderstood("Unknown command %q. Type help for help.", c.args[0])
	}
	writeRows(c.out, rows)
	return nil
}
