package redirect

import (
	"slices"
	"time"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An Outcome is what became of a question, in one of a closed set of words.
type Outcome string

// The outcomes. The first six send a settings file.
const (
	Redirected       Outcome = "redirected"
	Unregistered     Outcome = "unregistered"      // the empty file: nobody has registered the phone
	NoMAC            Outcome = "no_mac"            // the empty file: the question bears none, and need not
	PointsBack       Outcome = "points_back"       // the empty file: its setting server is this service
	OtherCertificate Outcome = "other_certificate" // the empty file: the caller has proven to be another phone
	Unproven         Outcome = "unproven"          // the empty file: it has not proven to be this one, and must

	Malformed        Outcome = "malformed"          // 400, the mac
	NotFound         Outcome = "not_found"          // 404, no phone asks that
	MethodNotAllowed Outcome = "method_not_allowed" // 405
	Failed           Outcome = "failed"             // 500, the store does
	Panicked         Outcome = "panicked"           // 500
)

var outcomes = []Outcome{
	Redirected, Unregistered, NoMAC, PointsBack, OtherCertificate, Unproven,
	Malformed, NotFound, MethodNotAllowed, Failed, Panicked,
}

// Outcomes returns all there are.
func Outcomes() []Outcome { return slices.Clone(outcomes) }

// SendsFile reports whether a phone gets a settings file: any other outcome is a
// refusal, in a line of text.
func (o Outcome) SendsFile() bool {
	switch o {
	case Redirected, Unregistered, NoMAC, PointsBack, OtherCertificate, Unproven:
		return true
	}
	return false
}

// answer is what the phone's partner is told of it.
func (o Outcome) answer() store.Answer {
	switch o {
	case Redirected:
		return store.Redirected
	case OtherCertificate, Unproven:
		return store.Withheld
	case Unregistered, NoMAC, PointsBack:
		return store.Unregistered
	}
	return store.Refused
}

// An Observation is one question and what became of it, for those who count.
type Observation struct {
	Outcome Outcome
	Format  settings.Format // of the file, where the outcome sends one
	HTTPS   bool
	Took    time.Duration // until the answer was ready to leave
}
