package sftp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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
	if errors.As(err, &r) {
		return r
	}
	if words, ok := shell.FileProblem("The account", store.FileName(strings.TrimPrefix(subject, "/")), err); ok {
		return refusal(words)
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
