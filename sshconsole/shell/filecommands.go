package shell

import (
	"slices"

	"snomredirect/sshconsole/table"
)

// filelessTable are the commands that work if the service keeps no setting files.
var filelessTable table.Table[*command]

// shown is the table of the commands that help and completion show.
func (s *Shell) shown() table.Table[*command] {
	if s.Files == nil {
		return filelessTable
	}
	return commandTable
}

func isFileCommand(c *command) bool {
	return slices.Contains(ownFileCommands, c) || slices.Contains(accountFileCommands, c)
}

// ownFileCommands are the commands about the caller's setting files.
var ownFileCommands = []*command{
	{group: further, usage: "FILE PUT <file> [--force]", summary: "Store standard input as a setting file.", example: "file put snom360.htm", run: filePut, changes: phones},
	{group: further, usage: "FILE LIST", summary: "List setting files.", example: "file list", run: fileList},
	{group: further, usage: "FILE SHOW <file>", summary: "Show a file's URL and whom it is for.", example: "file show snom360.htm", run: fileShow},
	{group: further, usage: "FILE GET <file> [--version <n>]", summary: "Write a file to standard output.", example: "file get snom360.htm --version 2", run: fileGet},
	{group: further, usage: "FILE REMOVE <file>", summary: "Remove a file.", example: "file remove snom360.htm", run: fileRemove, changes: phones},
	{group: further, usage: "FILE HISTORY <file>", summary: "Show a file's versions, newest first.", example: "file history snom360.htm", run: fileHistory},
	{group: further, usage: "FILE ROLLBACK <file> <version> [--force]", summary: "Store an older version of a file again.", example: "file rollback snom360.htm 2", run: fileRollback, changes: phones},
	{group: further, usage: "FILE ROTATE", summary: "Change the secret part of the files' URLs.", example: "file rotate", run: fileRotate, changes: accounts},
	{group: further, usage: "FILE EXPORT", summary: "Write all files to standard output, as tar.", example: "file export", run: fileExport},
	{group: further, usage: "SERVER FILES [--yes]", summary: "Let your setting files be your setting server.", example: "server files", run: serverFiles, changes: accounts},
}

// accountFileCommands are those about the setting files of the account that --account
// names.
var accountFileCommands = []*command{
	{group: operator, usage: "FILE PUT <file> [--force] --account <name>", summary: "Store standard input as a file of an account.", example: "file put snom360.htm --account acme", run: filePut, changes: phones},
	{group: operator, usage: "FILE LIST --account <name>", summary: "List an account's files.", example: "file list --account acme", run: fileList},
	{group: operator, usage: "FILE SHOW <file> --account <name>", summary: "Show a file of an account.", example: "file show snom360.htm --account acme", run: fileShow},
	{group: operator, usage: "FILE GET <file> [--version <n>] --account <name>", summary: "Write an account's file to standard output, which its history records.", example: "file get snom360.htm --version 2 --account acme", run: fileGet},
	{group: operator, usage: "FILE REMOVE <file> --account <name>", summary: "Remove a file of an account.", example: "file remove snom360.htm --account acme", run: fileRemove, changes: phones},
	{group: operator, usage: "FILE HISTORY <file> --account <name>", summary: "Show the versions of an account's file.", example: "file history snom360.htm --account acme", run: fileHistory},
	{group: operator, usage: "FILE ROLLBACK <file> <version> [--force] --account <name>", summary: "Store an older version of an account's file again.", example: "file rollback snom360.htm 2 --account acme", run: fileRollback, changes: phones},
	{group: operator, usage: "FILE ROTATE --account <name>", summary: "Change the URLs of an account's files.", example: "file rotate --account acme", run: fileRotate, changes: accounts},
	{group: operator, usage: "FILE EXPORT --account <name>", summary: "Write an account's files to standard output, which its history records.", example: "file export --account acme", run: fileExport},
	{group: operator, usage: "SERVER FILES [--yes] --account <name>", summary: "Let an account's files be its setting server.", example: "server files --account acme", run: serverFiles, changes: accounts},
}
