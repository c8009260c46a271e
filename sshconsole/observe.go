package sshconsole

import (
	"slices"

	"snomredirect/sshconsole/shell"
)

// The methods and outcomes of logins and sessions are closed sets of words, which
// metrics use as labels.

// A Method is the kind of credential that a client logs in with.
type Method string

// The methods of logins.
const (
	ByKey      Method = "key"
	ByPassword Method = "password"
)

// A LoginOutcome is the outcome of the login of one connection.
type LoginOutcome string

// The outcomes of logins.
const (
	LoginAccepted LoginOutcome = "accepted"
	LoginRefused  LoginOutcome = "refused"  // the connection ended before it was logged in
	LoginTooMany  LoginOutcome = "too_many" // the credential is valid, but the account has too many connections
)

// A SessionOutcome is the outcome of one session.
type SessionOutcome string

// The outcomes of sessions. The first three are exit statuses; a session of several
// commands counts with the highest.
const (
	SessionDone          SessionOutcome = "done"
	SessionRefused       SessionOutcome = "refused" // or not found
	SessionMisunderstood SessionOutcome = "misunderstood"
	SessionFailed        SessionOutcome = "failed"   // something failed in the service, whatever the exit status
	SessionUnused        SessionOutcome = "unused"   // it ended without a request for a shell or a command
	SessionTooMany       SessionOutcome = "too_many" // it was refused: there were too many, or the service was shutting down
)

var (
	methods         = []Method{ByKey, ByPassword}
	loginOutcomes   = []LoginOutcome{LoginAccepted, LoginRefused, LoginTooMany}
	sessionOutcomes = []SessionOutcome{SessionDone, SessionRefused, SessionMisunderstood, SessionFailed, SessionUnused, SessionTooMany}
)

// Methods returns all methods of logins.
func Methods() []Method { return slices.Clone(methods) }

// LoginOutcomes returns all outcomes of logins.
func LoginOutcomes() []LoginOutcome { return slices.Clone(loginOutcomes) }

// SessionOutcomes returns all outcomes of sessions.
func SessionOutcomes() []SessionOutcome { return slices.Clone(sessionOutcomes) }

// sessionOutcome returns the outcome of a session that ended with an exit status;
// failed reports whether something failed in the service.
func sessionOutcome(status int, failed bool) SessionOutcome {
	switch {
	case failed:
		return SessionFailed
	case status == shell.StatusDone:
		return SessionDone
	case status == shell.StatusMisunderstood:
		return SessionMisunderstood
	}
	return SessionRefused
}

// Sessions returns how many sessions are open.
func (s *Server) Sessions() int { return s.clients.sessions() }
