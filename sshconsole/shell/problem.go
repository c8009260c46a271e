package shell

import (
	"cmp"
	"errors"
	"fmt"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// Wording: a message is a sentence that starts with what was typed or meant, says
// what is wrong with it and what to do next. Words from outside are quoted with
// %q, which also keeps escape sequences from the terminal. Of another account, a
// message reveals only that it exists; of the service's inside, nothing. Answers
// go to standard output, problems to standard error.

// Exit statuses, with their usual meaning on Unix.
const (
	StatusDone          = 0
	StatusRefused       = 1 // refused, not found or failed
	StatusMisunderstood = 2
)

// A code identifies a kind of problem for programs.
type code string

const (
	codeTaken        code = "taken"     // by another account; for a name, by any
	codeNotFound     code = "not_found" // a phone, an account or a key
	codeMalformedMAC code = "malformed_mac"
	codeMalformedURL code = "malformed_url" // or one that points back at this service
	codeUsage        code = "usage"         // any other line that is not understood
	codeForbidden    code = "forbidden"     // by a rule, or only for operators
	codeBusy         code = "busy"          // or stopping, or interrupted
	codeInternal     code = "internal"
)

// A problem is why a command was not carried out, in words for its caller.
type problem struct {
	status int
	code   code
	text   string // "" if it has been reported already
	inList string // what is wrong with a line of a list, without its subject

	endsList bool // the rest of the list can't be read either
}

func (p *problem) Error() string { return p.text }

// refused returns the problem of a command that was understood and refused.
func refused(code code, format string, args ...any) error {
	return &problem{status: StatusRefused, code: code, text: fmt.Sprintf(format, args...)}
}

// misunderstood returns the problem of a command that was not understood.
func misunderstood(code code, format string, args ...any) error {
	return &problem{status: StatusMisunderstood, code: code, text: fmt.Sprintf(format, args...)}
}

// badLine returns the problem of a line that can't be read.
func badLine(err *lineedit.Error) error {
	return &problem{status: StatusMisunderstood, code: codeUsage, text: "The line " + err.Error() + "; nothing was done.", inList: err.Error()}
}

// unsplit returns the problem of a line that can't be split into words.
func unsplit(err error) error {
	if bad := (*lineedit.Error)(nil); errors.As(err, &bad) {
		return badLine(bad)
	}
	return misunderstood(codeUsage, "%v", err)
}

// errReported is a problem that has already been reported in full.
var errReported = &problem{status: StatusRefused}

// Problems that the server around a session finds.
var (
	ErrLoggedOut = refused(codeForbidden, "You are logged out: your account or the key or password that you logged in with has changed.")
	ErrStopping  = refused(codeBusy, "The service is shutting down: try again soon.")
)

// Failure is all that a caller learns of a failure inside the service.
const Failure = "Internal error; the service's log has the details. Try again, or tell your operator."

var (
	failure     = &problem{status: StatusRefused, code: codeInternal, text: Failure}
	unavailable = &problem{status: StatusRefused, code: codeBusy, text: "The service can't store changes now. Try again later, or tell your operator."}
)

// explain words an error of the store; subject is what the command is about: a MAC,
// an account, or "" for phones of several accounts. It returns other errors as they are:
// they are only for the log.
func explain(err error, subject string) error {
	var tooMany store.TooManyNew
	subject = cmp.Or(subject, "The command")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnavailable):
		return refused(codeBusy, "%s: not changed, because the service can't store changes now. Try again later, or tell your operator.", subject)
	case errors.Is(err, store.ErrUnknown):
		return refused(codeInternal, "%s: it is not known whether the change was stored. See what SHOW or HISTORY says, and tell your operator.", subject)
	case errors.Is(err, store.ErrTooLarge):
		return refused(codeForbidden, "%s: nothing was done, because it is more than etcd can store at once. Name fewer phones, leave out --atomic, or give etcd higher limits with --max-txn-ops and --max-request-bytes.", subject)
	case errors.Is(err, store.ErrNotFound):
		return refused(codeNotFound, "%s is not registered.", subject)
	case errors.Is(err, store.ErrTooManyTaken):
		return refused(codeBusy, "%s is refused, because you have named too many phones of other accounts in a day. Name your own, or ask the operator.", subject)
	case errors.Is(err, store.ErrTaken):
		return refused(codeTaken, "%s is registered by another account.", subject)
	case errors.Is(err, store.ErrQuota):
		return refused(codeForbidden, "%s: the account has as many phones as its quota, including those on hold. Deregister some, or tell your operator.", subject)
	case errors.As(err, &tooMany):
		return refused(codeBusy, "%s: the account has registered as many new phones as it can within a day. Go on after %s.", subject, wording.Timestamp(tooMany.Next))
	case errors.Is(err, store.ErrNoClaim):
		return refused(codeNotFound, "%s has no such claim: CLAIM LIST shows the claims.", subject)
	case errors.Is(err, store.ErrClaimed):
		return refused(codeTaken, "You have claimed %s already: CLAIM LIST shows the claim.", subject)
	case errors.Is(err, store.ErrOwnPhone):
		return refused(codeForbidden, "%s is yours already, or on hold for you.", subject)
	case errors.Is(err, store.ErrTooManyClaims):
		return refused(codeBusy, "%s: there are too many claims by your account or to this phone. Try again tomorrow, or tell your operator.", subject)
	case errors.Is(err, store.ErrTooManyChanges):
		return refused(codeBusy, "%s has been changed %d times within a day. Try again later, or ask the operator.", subject, store.MaxOwnChanges)
	case errors.Is(err, store.ErrNotHeld):
		return refused(codeNotFound, "%s is not on hold.", subject)
	case errors.Is(err, store.ErrNotOperator):
		return refused(codeForbidden, "%s: only operators can do this.", subject)
	case errors.Is(err, store.ErrNoAccount):
		return refused(codeNotFound, "There is no account %q.", subject)
	case errors.Is(err, store.ErrNameTaken):
		return refused(codeTaken, "The account %q exists already.", subject)
	case errors.Is(err, store.ErrAdminName):
		return refused(codeForbidden, "The account %q is always an operator. If it is missing, a restart with --admin-key creates it.", subject)
	case errors.Is(err, store.ErrLastOperator):
		return refused(codeForbidden, "%s is the last operator: first make another account an operator, with ACCOUNT ROLE <name> operator.", subject)
	case errors.Is(err, store.ErrOwnsPhones):
		return refused(codeForbidden, "%s has registered phones: deregister them first, or use ACCOUNT REMOVE %s --transfer-to <name>.", subject, subject)
	case errors.Is(err, store.ErrLastCredential):
		return refused(codeForbidden, "%s would have no key or password left to log in with: add another one first.", subject)
	case errors.Is(err, store.ErrTooManyKeys):
		return refused(codeForbidden, "%s would have more than %d keys: remove some first.", subject, store.MaxKeys)
	}
	return err
}

func isProblem(err error) bool {
	var p *problem
	return errors.As(err, &p)
}
