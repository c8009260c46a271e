package shell

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/usage"
	"snomredirect/store"
)

// A LineReader reads lines, without their ends, that are typed or piped in: at a
// terminal, after a prompt. The error is io.EOF at the end (Ctrl-D),
// [lineedit.ErrInterrupted] for a discarded line (Ctrl-C), or a
// [*lineedit.Error]. After the last two, the next line can be read. If it has the
// method Rest of a [*lineedit.Pipe], lists are read with that.
type LineReader interface {
	ReadLine(prompt string) (string, error)
}

// errBye leaves the console.
var errBye = errors.New("bye")

func (s *session) run() (status int) {
	account, err := s.Account()
	if err != nil {
		return s.report(err)
	}
	terminal := s.Width() > 0
	if terminal {
		fmt.Fprintf(s.Out, welcomeText, account.Name)
		notices, err := s.claims(account).Notices()
		if err != nil {
			s.Log.Error("claims", "error", err)
		}
		_, _ = io.WriteString(s.Out, strings.Join(append(notices, ""), "\n"))
	}
	s.reportInterrupted(account)
	for terminal || !s.spent { // what is left of a list was not meant as commands
		line, err := s.readLine(Prompt)
		if err == lineedit.ErrInterrupted {
			continue
		}
		if err == io.EOF && terminal {
			_, _ = io.WriteString(s.Out, "\n")
		}
		if err != nil && !isProblem(err) { // the end, or the client has gone
			break
		}
		result, err := s.step(line, err)
		status = max(status, result)
		if err == ErrLoggedOut {
			return status
		}
		if err == errBye {
			break
		}
	}
	if terminal {
		return StatusDone
	}
	return status
}

// script runs lines as if they were piped in, and returns the highest exit status.
// It ends early with Ctrl-C, when the service is stopping, or when the client has
// gone.
func (s *session) script(lines []string) (status int) {
	account, err := s.Account()
	if err != nil {
		return s.report(err)
	}
	s.reportInterrupted(account)
	if err := usage.CheckLines(lines, commandTable.IsList); err != nil {
		return s.report(misunderstood(codeUsage, "%v Each line is a command, and quotes can't contain a line break; nothing was done.", err))
	}
	input := s.In
	for len(lines) > 0 && !s.spent && !s.interrupted && s.ctx.Err() == nil {
		line := lines[0]
		if lines = lines[1:]; len(lines) > 0 {
			given := lineedit.Given(lines)
			s.In = &given
		} else {
			s.In = input
		}
		result, err := s.step(line, nil)
		status = max(status, result)
		if err == errBye || err == ErrLoggedOut || err == ErrStopping {
			break
		}
	}
	return status
}

// step runs one of several lines, unless err is why it could not be read, and
// reports what went wrong.
func (s *session) step(line string, err error) (status int, _ error) {
	s.json, s.accountsChanged = false, false
	if err == nil {
		err = s.line(line, nil)
	}
	if s.accountsChanged { // perhaps the caller's own
		if _, gone := s.Account(); gone != nil {
			return max(s.report(err), s.report(gone)), gone
		}
	}
	if err == errBye {
		return StatusDone, err
	}
	return s.report(err), err
}

// readLine reads the next line; an error about the line itself is a problem.
func (s *session) readLine(prompt string) (string, error) {
	line, err := s.In.ReadLine(prompt)
	if bad := (*lineedit.Error)(nil); errors.As(err, &bad) {
		err = badLine(bad)
	}
	if s.fresh { // PowerShell puts a mark before what it pipes
		line, s.fresh = store.WithoutMark(line), false
	}
	return line, err
}
