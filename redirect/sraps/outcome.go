package sraps

import "slices"

// An Outcome is the result of a call, one of a closed set of words.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Refused  Outcome = "refused"  // 403, 404, 409, 422 or 429: understood, and against a rule
	Denied   Outcome = "denied"   // 401
	Busy     Outcome = "busy"     // 503: too many wait, or changes can't be stored
	NoCall   Outcome = "no_call"  // 400, 404, 405 or 413: not a call, or an incomplete one
	Failed   Outcome = "failed"   // the store failed
	Panicked Outcome = "panicked" // the handler panicked
)

var outcomes = []Outcome{Done, Refused, Denied, Busy, NoCall, Failed, Panicked}

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// OtherCall stands for a request that is no call.
const OtherCall = "other"

// Calls returns the names of all calls, and [OtherCall].
func Calls() []string {
	names := []string{OtherCall}
	for _, o := range operations {
		names = append(names, o.name)
	}
	return names
}
