package store

import (
	"net/netip"
	"time"

	"snomredirect/macaddr"
)

// A Contact is what was last heard of a phone: one question and its answer. The
// zero Contact is none.
type Contact struct {
	MAC  macaddr.Addr
	At   time.Time  // UTC, whole milliseconds
	From netip.Addr // who asked; not for partners, of phones that are not theirs
	// Model is as the phone spells it in the path that it asks for, Firmware as
	// in its User-Agent; "" where it tells none. They are printable ASCII.
	Model, Firmware string
	Answer          Answer
	// Proven tells that a certificate has proven that it was this phone,
	// OtherCertificate that it was another one.
	Proven, OtherCertificate bool
	// OtherMAC and OtherModel tell that the User-Agent names another phone, or
	// another model, than the question.
	OtherMAC, OtherModel bool
}

// An Answer is what a phone was told.
type Answer uint8

// The answers.
const (
	Redirected   Answer = iota + 1
	Unregistered        // the empty file
	Refused             // an error
	Withheld            // the empty file: it did not prove to be that phone
)

var answers = [...]string{Redirected: "redirected", Unregistered: "unregistered", Refused: "refused", Withheld: "withheld"}

// String returns "redirected", "unregistered", "refused" or "withheld".
func (a Answer) String() string {
	if int(a) < len(answers) {
		return answers[a]
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler] with the form of [Answer.String].
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
