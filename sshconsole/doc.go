// Package sshconsole serves the console over SSH: logins, sessions, terminals and
// their limits. What a session says is the matter of [snomredirect/sshconsole/shell].
package sshconsole
