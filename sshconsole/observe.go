package sshconsole

import (
	"slices"

	"snomredirect/sshconsole/shell"
)

// What logins and sessions come to is told in closed sets of words, for those
// who count.

// A Method is how a client shows who it is.
type Method string

// The methods.
const (
	ByKey      Method = "key"
	ByPassword Method = "password"
)

// A LoginOutcome is what the login of one connection came to.
type LoginOutcome string

// The outcomes of logins.
const (
	LoginAccepted LoginOutcome = "accepted"
	LoginRefused  LoginOutcome = "refused"  // the connection ended before it was let in
	LoginTooMany  LoginOutcome = "too_many" // what it offered would do, but its account has too many connections
)

// A SessionOutcome is what one session came to.
type SessionOutcome string

// The outcomes of sessions. The first three are exit statuses: of several
// commands, the highest.
const (
	SessionDone          SessionOutcome = "done"
	SessionRefused       SessionOutcome = "refused" // or not found
	SessionMisunderstood SessionOutcome = "misunderstood"
	SessionFailed        SessionOutcome = "failed"   // something did in the service, whatever the exit status
	SessionUnused        SessionOutcome = "unused"   // it ended, and had asked for nothing
	SessionTooMany       SessionOutcome = "too_many" // it was not opened: there were too many, or the service ends
)

var (
	methods         = []Method{ByKey, ByPassword}
	loginOutcomes   = []LoginOutcome{LoginAccepted, LoginRefused, LoginTooMany}
	sessionOutcomes = []SessionOutcome{SessionDone, SessionRefused, SessionMisunderstood, SessionFailed, SessionUnused, SessionTooMany}
)

// Methods returns all there are.
func Methods() []Method { return slices.Clone(methods) }

// LoginOutcomes returns all there are.
func LoginOutcomes() []LoginOutcome { return slices.Clone(loginOutcomes) }

// SessionOutcomes returns all there are.
func SessionOutcomes() []SessionOutcome { return slices.Clone(sessionOutcomes) }

// sessionOutcome is what a session that ends with that exit status came to.
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
