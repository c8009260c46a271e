package shell

import (
	"slices"

	"snomredirect/sshconsole/table"
)

// The commands, in the order of the help.
var commands []*command

var commandTable table.Table[*command]

func init() { // HELP is in the table and reads it
	commands = slices.Concat([]*command{
		{usage: "SHOW <mac>...", label: "SHOW <mac>", caption: "Show the status of a phone.", summary: "Show the status of phones.", example: "show 2e4 2e5", run: show},
		{usage: "REGISTER <mac>... [<url>] [--follow] [--yes]", label: "REGISTER <mac>", caption: "Register a phone.", summary: "Register phones, or ranges of them.",
			example: "register 2e4 0004132202F0-0004132202FF http://prov.example.com/{mac}", run: register, changes: phones},
		{usage: "REG <mac>", alias: "REGISTER", summary: "Same as REGISTER."},
		{usage: "DEREGISTER <mac>... [--yes]", label: "DEREGISTER <mac>", caption: "Deregister a phone.", summary: "Deregister phones, or ranges of them.",
			example: "deregister 2e4 0004132202F0-0004132202FF", run: deregister, changes: phones},
		{usage: "LIST [<model>] [--long] [--server <url>] [--silent <time>] [--search <text>] [--limit <n>]", label: "LIST", caption: "List all phones assigned.", summary: "List your phones, or some of them.",
			example: "list snom360 --server http://prov.example.com/{mac}", run: listPhones},
		{usage: "BYE", summary: "Leave this tool.", example: "bye", run: bye},

		{group: further, usage: "REGISTER - [<url>] [--atomic] [--short] [--yes]", summary: "Register the phones listed on standard input.",
			example: "register - --atomic", run: registerList, changes: phones},
		{group: further, usage: "DEREGISTER - [--atomic] [--short] [--yes]", summary: "Deregister the phones listed on standard input.",
			example: "deregister - --dry-run", run: deregisterList, changes: phones},
		{group: further, usage: "COUNT [<model>] [--server <url>] [--silent <time>] [--search <text>]", summary: "Count your phones, or some of them.", example: "count snom360 --silent 7d", run: count},
		{group: further, usage: "EXPORT [--notes]", summary: "Export as CSV (mac,url).", example: "export --notes", run: export},
		{group: further, usage: "NOTE <mac> <text>...", summary: "Note something of a phone, such as its site and desk.", example: "note 2e4 Berlin, desk 4", run: note, changes: phones},
		{group: further, usage: "NOTE <mac> REMOVE", summary: "Remove a phone's note.", example: "note 2e4 remove", run: removeNote, changes: phones},
		{group: further, usage: "SERVER", summary: "Show your setting server.", example: "server", run: showServer},
		{group: further, usage: "SERVER <url> [--yes]", summary: "Change your setting server.", example: "server http://prov.example.com/{mac}", run: changeServer, changes: accounts},
		{group: further, usage: "RETARGET <old-url> <new-url> [--yes]", summary: "Replace a setting server everywhere.",
			example: "retarget http://old.example.com/{mac} http://prov.example.com/{mac} --yes", run: retarget, changes: accounts},
		{group: further, usage: "HISTORY [<mac>] [--limit <n>]", summary: "Show who changed what.", example: "history 2e4", run: showHistory},
		{group: further, usage: "UNDO", summary: "Undo your last change of phones or of your setting server.", example: "undo", run: undo, changes: accounts},
		{group: further, usage: "WHOAMI", summary: "Show your account.", example: "whoami", run: whoami},
		{group: further, usage: "KEY LIST", summary: "List your keys: fingerprint, type, comment.", example: "key list", run: listKeys},
		{group: further, usage: "KEY ADD <key|->...", summary: "Authorize a key of yours; - reads keys from standard input.", example: "key add -", run: addKeys, changes: accounts},
		{group: further, usage: "KEY REMOVE <fingerprint>", summary: "Remove a key of yours.",
			example: "key remove SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE", run: removeKey, changes: accounts},
		{group: further, usage: "PASSWORD", summary: "Change your password, at a prompt.", example: "password", run: typePassword, changes: accounts},
		{group: further, usage: "PASSWORD -", summary: "Change your password to the one on standard input.", example: "password -", run: readPassword, changes: accounts},
		{group: further, usage: "PASSWORD NEW", summary: "Set a new random password and show it once.", example: "password new", run: newPassword, changes: accounts},
		{group: further, usage: "PASSWORD REMOVE", summary: "Remove your password; only keys can log in.", example: "password remove", run: removePassword, changes: accounts},
		{group: further, usage: "CLAIM LIST", summary: "List your claims, and those to your phones.", example: "claim list", run: claimList},
		{group: further, usage: "CLAIM OBJECT <mac>", summary: "Object to claims to your phone.", example: "claim object 2e4", run: claimObject, changes: phones},
		{group: further, usage: "CLAIM <mac>", summary: "Claim a phone that you have and another account registered.", example: "claim 2e4", run: claim, changes: phones},
	}, apiCommands, ownFileCommands, []*command{
		{group: further, usage: "WATCH [<mac>]", summary: "Show your phones as they call, until q.", example: "watch 2e4", run: watch, live: true},
		{group: further, usage: "EXPLAIN <mac> [--user-agent <text>] [--path <path>] [--pnp]", summary: "Show the reply to a phone, and why.",
			example: "explain 2e4 --user-agent 'Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)'", run: explainPhone},
		{group: further, usage: "CHECK <mac>", summary: "Check what a phone gets from its setting server.", example: "check 2e4", run: checkPhone},

		{group: unlisted, usage: "HELP", summary: "Show what there is help for.", example: "help", run: help},
		{group: unlisted, usage: "HELP ALL", summary: "List all commands.", example: "help all", run: helpAll},
		{group: unlisted, usage: "HELP <command>...", summary: "Show one command.", example: "help register", run: helpOne},
		{group: unlisted, usage: "?", alias: "HELP", summary: "Same as HELP."},
		{group: unlisted, usage: "EXIT", alias: "BYE", summary: "Same as BYE."},
		{group: unlisted, usage: "QUIT", alias: "BYE", summary: "Same as BYE."},
		{group: unlisted, usage: "LOGOUT", alias: "BYE", summary: "Same as BYE."},

		{group: operator, usage: "REGISTER <mac>... [<url>] [--follow] [--yes] --account <name>", summary: "Register phones for an account.",
			example: "register 2e4 --account acme", run: register, changes: phones},
		{group: operator, usage: "REGISTER - [<url>] [--atomic] [--short] [--yes] --account <name>", summary: "Register the phones listed on standard input for an account.",
			example: "register - --account acme", run: registerList, changes: phones},
		{group: operator, usage: "DEREGISTER <mac>... --free [--yes]", summary: "Deregister phones, and hold none of them for its owner.",
			example: "deregister 2e4 --free", run: deregister, changes: phones},
		{group: operator, usage: "DEREGISTER - --free [--atomic] [--short] [--yes]", summary: "Deregister listed phones, and hold none of them for its owner.",
			example: "deregister - --free", run: deregisterList, changes: phones},
		{group: operator, usage: "LIST [<model>] [--long] [--server <url>] [--silent <time>] [--search <text>] [--limit <n>] --account <name>", summary: "List an account's phones.", example: "list --account acme", run: listPhones},
		{group: operator, usage: "LIST --unregistered", summary: "List unregistered phones that called, those with the most requests first.", example: "list --unregistered", run: listUnregistered},
		{group: operator, usage: "COUNT [<model>] [--server <url>] [--silent <time>] [--search <text>] --account <name>", summary: "Count an account's phones.", example: "count --account acme", run: count},
		{group: operator, usage: "EXPORT [--notes] --account <name>", summary: "Export an account's phones as CSV (mac,url).", example: "export --account acme", run: export},
		{group: operator, usage: "HISTORY [<mac>] [--limit <n>] --account <name>", summary: "Show only an account's history.", example: "history --account acme", run: showHistory},
	}, accountFileCommands, []*command{
		{group: operator, usage: "WATCH [<mac>] --unregistered", summary: "Show unregistered phones and refused requests as they come.", example: "watch --unregistered", run: watch, live: true},
		{group: operator, usage: "TRANSFER <mac>... <name>", summary: "Transfer phones to another account.", example: "transfer 2e4 2e5 bravo", run: transfer, changes: phones},
		{group: operator, usage: "FREE <mac>...", summary: "End the hold on released phones.", example: "free 2e4", run: free, changes: phones},
		{group: operator, usage: "CLAIM GRANT <mac> <name>", summary: "Transfer a phone to an account that claims it.", example: "claim grant 2e4 bravo", run: claimGrant, changes: phones},
		{group: operator, usage: "CLAIM DENY <mac> <name>", summary: "End an account's claim to a phone.", example: "claim deny 2e4 bravo", run: claimDeny, changes: phones},
		{group: operator, usage: "DEFAULT", summary: "Show where unregistered phones are redirected.", example: "default", run: showDefault},
		{group: operator, usage: "DEFAULT <url|none>", summary: "Change where unregistered phones are redirected.", example: "default http://prov.example.com/{mac}", run: changeDefault, changes: phones},
		{group: operator, usage: "STATUS", summary: "Show the service at a glance: requests, disk, backup, phones that nobody registered.", example: "status", run: showStatus},
		{group: operator, usage: "NODES", summary: "Show the nodes of the cluster: name, address, version, since, replica, phones.", example: "nodes", run: showNodes},
		{group: operator, usage: "WHO", summary: "Show who is logged in: session, account, address, since, command.", example: "who", run: who},
		{group: operator, usage: "WHO END <session>", summary: "End a session.", example: "who end 7", run: whoEnd, changes: sessions},
		{group: operator, usage: "WHO END <session> <text>...", summary: "End a session, and tell its client why.", example: "who end 7 Call us about your phones", run: whoEnd, changes: sessions},
		{group: operator, usage: "BACKUP", summary: "Write a backup of accounts, phones and keys to standard output.", example: "backup", run: backup},
		{group: operator, usage: "ACCOUNT ADD <name> [<url>]", summary: "Add a partner account, with a setting server for its phones.",
			example: "account add acme http://prov.acme.example/{mac}", run: accountAdd, changes: accounts},
		{group: operator, usage: "ACCOUNT LIST", summary: "List all accounts: name, role, state, phones, last login, setting server.", example: "account list", run: accountList},
		{group: operator, usage: "ACCOUNT SHOW <name>", summary: "Show an account.", example: "account show acme", run: accountShow},
		{group: operator, usage: "ACCOUNT SERVER <name> <url> [--yes]", summary: "Change an account's setting server.",
			example: "account server acme http://prov.acme.example/{mac}", run: accountServer, changes: accounts},
		{group: operator, usage: "ACCOUNT COMPANY <name> <text>...", summary: "Set the company that the account belongs to.",
			example: "account company acme ACME Phones Ltd", run: accountCompany, changes: accounts},
		{group: operator, usage: "ACCOUNT ROLE <name> <partner|operator>", summary: "Change an account's role.",
			example: "account role acme operator", run: accountRole, changes: accounts},
		{group: operator, usage: "ACCOUNT QUOTA <name> <n|default>", summary: "Change how many phones an account can have.", example: "account quota acme 20000", run: accountQuota, changes: accounts},
		{group: operator, usage: "ACCOUNT KEY <name> ADD <key|->...", summary: "Authorize a public key; - reads keys from standard input.",
			example: "account key acme add -", run: addKeys, changes: accounts},
		{group: operator, usage: "ACCOUNT KEY <name> LIST", summary: "List an account's keys: fingerprint, type, comment.", example: "account key acme list", run: listKeys},
		{group: operator, usage: "ACCOUNT KEY <name> REMOVE <fingerprint>", summary: "Remove a key.",
			example: "account key acme remove SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE", run: removeKey, changes: accounts},
		{group: operator, usage: "ACCOUNT PASSWORD <name>", summary: "Set a new random password and show it once.", example: "account password acme", run: newPassword, changes: accounts},
		{group: operator, usage: "ACCOUNT PASSWORD <name> REMOVE", summary: "Remove the password; only keys can log in.", example: "account password acme remove", run: removePassword, changes: accounts},
	}, accountAPICommands, []*command{
		{group: operator, usage: "ACCOUNT DISABLE <name> [--phones]", summary: "Disable logins; with --phones its phones are not redirected.", example: "account disable acme --phones", run: accountDisable, changes: accounts},
		{group: operator, usage: "ACCOUNT ENABLE <name>", summary: "Enable logins again.", example: "account enable acme", run: accountEnable, changes: accounts},
		{group: operator, usage: "ACCOUNT REMOVE <name>", summary: "Remove an account that has no phones.", example: "account remove acme", run: accountRemove, changes: accounts},
		{group: operator, usage: "ACCOUNT REMOVE <name> --transfer-to <other>", summary: "Transfer an account's phones to another account and remove it.",
			example: "account remove acme --transfer-to bravo", run: accountRemove, changes: accounts},
	})
	commandTable = table.New(commands, (*command).row)
	filelessTable = table.New(slices.DeleteFunc(slices.Clone(commands), isFileCommand), (*command).row)
}

func bye(*call) error { return errBye }
