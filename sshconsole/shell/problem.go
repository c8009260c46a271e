package shell

import (
	"errors"
	"fmt"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/store"
)

// Wording: a sentence that starts with what was typed or meant, says what is
// wrong with it and what to do next. Words from outside are quoted with %q,
// which also keeps escape sequences from the terminal. Nothing of another
// account but that it exists, nothing of the inside at all. Answers go to
// standard output, problems to standard error.

// Exit statuses, as Unix has them.
const (
	StatusDone          = 0
	StatusRefused       = 1 // refused, not found, failed
	StatusMisunderstood = 2
)

// A code tells programs what a problem is about.
type code string

const (
	codeTaken        code = "taken"     // by another account; of a name, by any
	codeNotFound     code = "not_found" // a phone, an account, a key
	codeMalformedMAC code = "malformed_mac"
	codeMalformedURL code = "malformed_url" // or one that points back at this service
	codeUsage        code = "usage"         // any other line that was not understood
	codeForbidden    code = "forbidden"     // by a rule, or for operators
	codeBusy         code = "busy"          // or ending, or interrupted
	codeInternal     code = "internal"
)

// A problem is why a command was not done, as its caller is told.
type problem struct {
	status int
	code   code
	text   string // "" where all has been told already
	inList string // the same of a line within a list: what is wrong with it
}

func (p *problem) Error() string { return p.text }

// refused words a command that was understood and not done.
func refused(code code, format string, args ...any) error {
	return &problem{status: StatusRefused, code: code, text: fmt.Sprintf(format, args...)}
}

// misunderstood words one that was not understood.
func misunderstood(code code, format string, args ...any) error {
	return &problem{status: StatusMisunderstood, code: code, text: fmt.Sprintf(format, args...)}
}

// badLine words a line that can't be read.
func badLine(err *lineedit.Error) error {
	return &problem{StatusMisunderstood, codeUsage, "The line " + err.Error() + "; nothing was done.", err.Error()}
}

// errReported is a problem that has already been reported in full.
var errReported = &problem{status: StatusRefused}

// Problems of a session, which the server around it finds.
var (
	ErrLoggedOut = refused(codeForbidden, "You are logged out: your account or what let you in has changed.")
	ErrStopping  = refused(codeBusy, "The service is shutting down: try again soon.")
)

// Failure is all that a caller is told of what goes wrong inside the service.
const Failure = "Something failed in the service; its log says what. Try again, or tell your operator."

// failure is all that a caller is told of what goes wrong inside.
var failure = &problem{status: StatusRefused, code: codeInternal, text: Failure}

// explain finds the words for what a rule of the store says; subject is what
// the command was about, a MAC or an account. Errors that it has no words for
// stay as they are: they are for the log alone.
func explain(err error, subject string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return refused(codeNotFound, "%s is not registered.", subject)
	case errors.Is(err, store.ErrTaken):
		return refused(codeTaken, "%s is registered by another account.", subject)
	case errors.Is(err, store.ErrNotHeld):
		return refused(codeNotFound, "%s is held for nobody.", subject)
	case errors.Is(err, store.ErrNotOperator):
		return refused(codeForbidden, "%s: this is for operators.", subject)
	case errors.Is(err, store.ErrNoAccount):
		return refused(codeNotFound, "There is no account %q.", subject)
	case errors.Is(err, store.ErrNameTaken):
		return refused(codeTaken, "There is an account %q already.", subject)
	case errors.Is(err, store.ErrAdminName):
		return refused(codeForbidden, "The account %q is always an operator. Where it is missing, a restart with --admin-key makes it anew.", subject)
	case errors.Is(err, store.ErrLastOperator):
		return refused(codeForbidden, "%s is the last operator: make another one first, with ACCOUNT ROLE <name> operator.", subject)
	case errors.Is(err, store.ErrOwnsPhones):
		return refused(codeForbidden, "%s has phones registered: deregister them first, or ACCOUNT REMOVE %s --transfer-to <name>.", subject, subject)
	case errors.Is(err, store.ErrNoKey):
		return refused(codeNotFound, "%s has no such key: ACCOUNT KEY %s LIST shows the fingerprints.", subject, subject)
	case errors.Is(err, store.ErrTooManyKeys):
		return refused(codeForbidden, "%s would have more than %d keys: remove some first.", subject, store.MaxKeys)
	}
	return err
}

func isProblem(err error) bool {
	var p *problem
	return errors.As(err, &p)
}
