package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"snomredirect/sshconsole/findings"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// A refusal is a sentence for the client. It has been written to standard error, or will
// be by explain.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// errReported is a refusal of which standard error has more than the client's status.
type errReported struct{ refusal }

// explain returns an error in words for the client, and writes them to standard error.
// A missing file is no more than that: clients look for files before they write them.
func (s *session) explain(subject string, err error) error {
	var reported errReported
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNoFile), errors.Is(err, os.ErrNotExist):
		return os.ErrNotExist // as it is, since the protocol's server knows no other form
	case errors.As(err, &reported):
		s.refused.Store(true)
		return reported.refusal
	}
	words := s.words(store.Printable(subject), err)
	s.refused.Store(true)
	s.problem(words.Error())
	return words
}

func (s *session) words(subject string, err error) error {
	var r refusal
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, shell.ErrLoggedOut), errors.Is(err, shell.ErrStopping):
		return refusal(err.Error())
	case errors.Is(err, context.Canceled):
		return refuse("%s: interrupted; nothing was stored.", subject)
	case errors.Is(err, store.ErrFileSize):
		return refuse("%s: larger than %d KiB; nothing was stored.", subject, store.MaxFileSize>>10)
	case errors.Is(err, store.ErrFileSpace):
		return refuse("%s: not stored, because the account's space for files is used up. Remove some, or tell your operator.", subject)
	case errors.Is(err, store.ErrTooManyFiles):
		return refuse("%s: not stored, because the account has as many files as it can. Remove some, or tell your operator.", subject)
	case errors.Is(err, store.ErrFilesChanged):
		return refuse("%s: not changed, because other files changed at the same time. Try again.", subject)
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return refuse("%s: not changed, because too many files are being checked. Try again soon.", subject)
	case errors.Is(err, store.ErrUnavailable):
		return refuse("%s: not changed, because the service can't store changes now. Try again later, or tell your operator.", subject)
	case errors.Is(err, store.ErrUnknown):
		return refuse("%s: it is not known whether the change was stored. See what FILE SHOW says, and tell your operator.", subject)
	}
	s.failed.Store(true)
	s.Log.Error("sftp", "error", err)
	return refusal(shell.Failure)
}

// findings writes what a check has found, and returns the first error as a short refusal.
func (s *session) findings(all []findings.Finding) (first refusal) {
	more := 0
	for _, f := range all {
		line := store.Printable(f.String())
		s.problem(line)
		switch {
		case f.Severity != "error":
		case first == "":
			first = refusal(line)
		default:
			more++
		}
	}
	if more > 0 {
		first += refusal(fmt.Sprintf(" (and %d more)", more))
	}
	return first
}

// problem writes a line to standard error.
func (s *session) problem(line string) {
	s.problems.Lock()
	defer s.problems.Unlock()
	if s.problemsLeft <= 0 {
		return
	}
	if s.problemsLeft -= len(line) + 1; s.problemsLeft <= 0 {
		line = "This session shows no more problems."
	}
	_, _ = io.WriteString(s.stderr, line+"\n")
}
