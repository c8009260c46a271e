package redirect

import (
	"slices"
	"time"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An Outcome is the result of a request, one of a closed set of words.
type Outcome string

// The outcomes. The first nine send a settings file; the others are refusals. Over
// Plug & Play, a URL stands for the file, and silence for the empty file.
const (
	Redirected       Outcome = "redirected"
	ToDefault        Outcome = "default"           // redirected to the service's default: the phone is not registered
	Unregistered     Outcome = "unregistered"      // the empty file: the phone is not registered
	Disabled         Outcome = "disabled"          // the empty file: the phone's account is disabled with its phones
	NoMAC            Outcome = "no_mac"            // the empty file: the request has no MAC, and needs none
	PointsBack       Outcome = "points_back"       // the empty file: the setting server is this service
	OtherCertificate Outcome = "other_certificate" // the empty file: the certificate is another phone's
	Unproven         Outcome = "unproven"          // the empty file: the MAC is not proven, and proof is required
	Throttled        Outcome = "throttled"         // the empty file: the client has requested too many MACs

	Malformed        Outcome = "malformed"          // 400: the MAC is missing or wrong
	NotFound         Outcome = "not_found"          // 404: no phone requests this path
	MethodNotAllowed Outcome = "method_not_allowed" // 405
	Failed           Outcome = "failed"             // 500: the store failed
	Panicked         Outcome = "panicked"           // 500: the handler panicked
)

var outcomes = []Outcome{
	Redirected, ToDefault, Unregistered, Disabled, NoMAC, PointsBack, OtherCertificate, Unproven, Throttled,
	Malformed, NotFound, MethodNotAllowed, Failed, Panicked,
}

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// SendsFile reports whether a phone gets a settings file. If not, it gets a line
// of text.
func (o Outcome) SendsFile() bool {
	switch o {
	case Redirected, ToDefault, Unregistered, Disabled, NoMAC, PointsBack, OtherCertificate, Unproven, Throttled:
		return true
	}
	return false
}

// answer returns what the phone's owner sees of the outcome.
func (o Outcome) answer() store.Answer {
	switch o {
	case Redirected:
		return store.Redirected
	case ToDefault:
		return store.ToDefault
	case OtherCertificate, Unproven:
		return store.Withheld
	case Unregistered, Disabled, NoMAC, PointsBack, Throttled:
		return store.Unregistered
	}
	return store.Refused
}

// An Observation describes one request and its outcome, for metrics.
type Observation struct {
	Outcome  Outcome
	Format   settings.Format // of the file, if the outcome sends one; Plug & Play sends none
	Protocol store.Protocol
	Took     time.Duration // until the answer was written or, over Plug & Play, known
}
