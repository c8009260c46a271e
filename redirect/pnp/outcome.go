package pnp

import "slices"

// An Outcome is what became of a datagram, one of a closed set of words.
type Outcome string

// The outcomes. The first two are those of a new subscription; only Answered,
// Repeated and Unsent are of datagrams that have an answer.
const (
	Answered  Outcome = "answered"  // 200 OK and a NOTIFY
	Silent    Outcome = "silent"    // there is no URL for the phone
	Repeated  Outcome = "repeated"  // a retransmission: 200 OK again, or silence again
	Unsent    Outcome = "unsent"    // an answer could not be sent
	Confirmed Outcome = "confirmed" // the phone has got its NOTIFY
	Rejected  Outcome = "rejected"  // the phone has refused its NOTIFY

	Stray     Outcome = "stray"     // a response, but not to a NOTIFY that is waiting for one
	Foreign   Outcome = "foreign"   // a request for something else than a device's settings
	NoMAC     Outcome = "no_mac"    // a request for settings that names no MAC
	Malformed Outcome = "malformed" // not SIP, or not understood as a whole
	Outside   Outcome = "outside"   // from an address outside the subnets of the interface
	Throttled Outcome = "throttled" // too many from this address, or from all
	Panicked  Outcome = "panicked"
)

var outcomes = []Outcome{
	Answered, Silent, Repeated, Unsent, Confirmed, Rejected,
	Stray, Foreign, NoMAC, Malformed, Outside, Throttled, Panicked,
}

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return slices.Clone(outcomes) }
