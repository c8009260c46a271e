package rds

import (
	"maps"
	"slices"
)

// An Outcome is what became of a call, in one of a closed set of words.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Refused  Outcome = "refused"  // the reply is [false, "Error:…"]
	Fault    Outcome = "fault"    // it was not understood
	Denied   Outcome = "denied"   // 401
	Busy     Outcome = "busy"     // 503: too many wait, or the store fails at the login
	NoCall   Outcome = "no_call"  // 400, 404, 405 or 413: it was none, or broke off
	Failed   Outcome = "failed"   // the store does
	Panicked Outcome = "panicked" // it ended in a panic
)

var outcomes = []Outcome{Done, Refused, Fault, Denied, Busy, NoCall, Failed, Panicked}

// Outcomes returns all there are.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// OtherMethod stands for what is none of the methods, and for a call that was
// refused before its method was read.
const OtherMethod = "other"

// Methods returns all there are, and [OtherMethod].
func Methods() []string { return append(slices.Sorted(maps.Keys(methods)), OtherMethod) }
