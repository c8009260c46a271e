package files

import (
	"slices"
	"time"

	"snomredirect/store"
)

// An Outcome is the result of a request, one of a closed set of words.
type Outcome string

// The outcomes. The first three are answers with a file or about one; those from NoToken
// to Throttled look alike: 404.
const (
	Served      Outcome = "served"
	Partly      Outcome = "partly_served" // 206, or 416 if the file has no such range
	NotModified Outcome = "not_modified"  // 304, or 412

	NoToken          Outcome = "no_token"          // no account has the token, or the path has none
	NoFile           Outcome = "no_file"           // the account has no such file, or it is for no phone
	NoRow            Outcome = "no_row"            // the template can't be filled in for the phone
	OtherPhone       Outcome = "other_phone"       // the account has not registered the phone
	Disabled         Outcome = "disabled"          // the account is disabled with its phones
	OtherCertificate Outcome = "other_certificate" // the certificate is another phone's
	Unproven         Outcome = "unproven"          // the MAC is not proven, and proof is required
	Throttled        Outcome = "throttled"         // the client has requested too many MACs

	MethodNotAllowed Outcome = "method_not_allowed" // 405
	Busy             Outcome = "busy"               // 503: too much of the account's files is being received
	Failed           Outcome = "failed"             // 500: the store failed
	Panicked         Outcome = "panicked"           // 500: the handler panicked
)

var outcomes = []Outcome{
	Served, Partly, NotModified,
	NoToken, NoFile, NoRow, OtherPhone, Disabled, OtherCertificate, Unproven, Throttled,
	MethodNotAllowed, Busy, Failed, Panicked,
}

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// served reports whether the phone has got what it requested.
func (o Outcome) served() bool { return o == Served || o == Partly || o == NotModified }

// An Observation describes one request and its outcome, for metrics.
type Observation struct {
	Outcome  Outcome
	Protocol store.Protocol
	Took     time.Duration // until the answer was written
}
