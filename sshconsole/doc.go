// Package sshconsole serves the console over SSH: it handles logins, sessions,
// terminals and their limits. The commands are in [snomredirect/sshconsole/shell].
package sshconsole
