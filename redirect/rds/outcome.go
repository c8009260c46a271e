package rds

import "slices"

// An Outcome is the result of a call, one of a closed set of words.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Refused  Outcome = "refused"  // the reply is [false, "Error:…"]
	Fault    Outcome = "fault"    // the call is malformed
	Denied   Outcome = "denied"   // 401
	Busy     Outcome = "busy"     // 503: too many wait, or the store failed at the login
	NoCall   Outcome = "no_call"  // 400, 404, 405, 413 or 415: not a call, or an incomplete one
	Failed   Outcome = "failed"   // the store failed
	Panicked Outcome = "panicked" // the handler panicked
)

var outcomes = []Outcome{Done, Refused, Fault, Denied, Busy, NoCall, Failed, Panicked}

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// OtherMethod stands for an unknown method, and for a request that was refused
// before its method was read.
const OtherMethod = "other"

// Methods returns the names of all methods, and [OtherMethod].
func Methods() []string { return append(methodNames(), OtherMethod) }
