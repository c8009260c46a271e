package sshconsole

import (
	"context"
	"io"
	"strings"

	"snomredirect/sshconsole/sftp"
	"snomredirect/sshconsole/shell"
)

// subsystem is the name of the only subsystem that sessions have.
const subsystem = "sftp"

// runFiles serves the account's files by SFTP, and sends the exit status.
func (sess *session) runFiles(ctx context.Context) {
	s, status, failed := sess.server, shell.StatusRefused, false
	if s.Shell.Files == nil {
		_, _ = io.WriteString(sess.Stderr(), shell.NoFiles("SFTP").Error()+"\n")
		sess.exit(status, failed)
		return
	}
	s.clients.does(sess, "SFTP")
	ended := make(chan struct{})
	defer close(ended)
	go s.guard("idle session", func() { sess.closeIdle(ended) })
	if !s.guard("session", func() {
		status, failed = sftp.Serve(ctx, sess, sess.Stderr(), sftp.Config{Files: s.Shell.Files, Caller: sess.caller()})
	}) {
		failed = true
	}
	sess.exit(status, failed)
}

// otherTransfer returns what to say about a command that another program than a person
// sends in order to transfer files, or "".
func otherTransfer(command string) string {
	switch {
	case strings.HasPrefix(command, "scp -"):
		return "This service takes files by sftp: use scp without -O."
	case strings.HasPrefix(command, "rsync --server"), strings.HasPrefix(command, "git-"):
		return "This service takes files by sftp: use scp or sftp."
	}
	return ""
}
