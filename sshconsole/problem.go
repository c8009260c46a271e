package sshconsole

import (
	"errors"
	"fmt"

	"snomredirect/store"
)

// Wording: a sentence that starts with what was typed or meant, says what is
// wrong with it and what to do next. Words from outside are quoted with %q,
// which also keeps escape sequences from the terminal. Nothing of another
// account but that it exists, nothing of the inside at all. Answers go to
// standard output, problems to standard error.

// Exit statuses, as Unix has them.
const (
	statusDone          = 0
	statusRefused       = 1 // refused, not found, failed
	statusMisunderstood = 2
)

// A problem is why a command was not done, as its caller is told.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// refused words a command that was understood and not done.
func refused(format string, args ...any) error {
	return &problem{statusRefused, fmt.Sprintf(format, args...)}
}

// misunderstood words one that was not understood.
func misunderstood(format string, args ...any) error {
	return &problem{statusMisunderstood, fmt.Sprintf(format, args...)}
}

// failure is all that a caller is told of what goes wrong inside.
var failure = &problem{statusRefused, "Something failed in the service; its log says what. Try again, or tell your operator."}

// explain finds the words for what a rule of the store says; subject is what
// the command was about, a MAC or an account. Errors that it has no words for
// stay as they are: they are for the log alone.
func explain(err error, subject string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return refused("%s is not registered.", subject)
	case errors.Is(err, store.ErrTaken):
		return refused("%s is registered by another account.", subject)
	case errors.Is(err, store.ErrNoAccount):
		return refused("There is no account %q.", subject)
	case errors.Is(err, store.ErrNameTaken):
		return refused("There is an account %q already.", subject)
	case errors.Is(err, store.ErrAdminName):
		return refused("The account %q is always an operator. Where it is missing, a restart with --admin-key makes it anew.", subject)
	case errors.Is(err, store.ErrLastOperator):
		return refused("%s is the last operator: make another one first, with ACCOUNT ROLE <name> operator.", subject)
	case errors.Is(err, store.ErrOwnsPhones):
		return refused("%s has phones registered: deregister them first.", subject)
	case errors.Is(err, store.ErrNoKey):
		return refused("%s has no such key: ACCOUNT KEY %s LIST shows the fingerprints.", subject, subject)
	case errors.Is(err, store.ErrTooManyKeys):
		return refused("%s would have more than %d keys: remove some first.", subject, store.MaxKeys)
	}
	return err
}
