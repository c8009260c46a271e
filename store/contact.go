package store

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"snomredirect/macaddr"
)

// A Contact is a request of a phone for its settings and the answer to it, and the last
// file of its account that it fetched here. If Answer is 0, the phone has only fetched
// files. The zero Contact is none.
type Contact struct {
	MAC      macaddr.Addr
	At       time.Time  // UTC, whole milliseconds
	From     netip.Addr // the client; partners may see it only for their own phones
	Protocol Protocol
	// Model is spelled as in the request's path, Firmware as in its User-Agent. They
	// are "" if the request names none. They are printable ASCII.
	Model, Firmware string
	Answer          Answer
	// Proven means that a certificate proved the phone's MAC, OtherCertificate that
	// it proved another MAC.
	Proven, OtherCertificate bool
	// OtherMAC and OtherModel mean that the User-Agent names another MAC or model
	// than the path.
	OtherMAC, OtherModel bool
	// Refusal is why a request was refused that is not a phone's, such as one with an
	// unknown path; otherwise it is "". MAC is then the first that can be read in it,
	// and Model may be that of the User-Agent.
	Refusal string
	// Owner is the account that the phone was registered by at that time. It is 0 if
	// the phone was unregistered, or its owner was not looked up.
	Owner AccountID
	// Fetched is the phone's last request of one of its account's files.
	Fetched Fetch
}

// A Fetch is a phone's request of a file that its account keeps here. The zero Fetch is
// none.
type Fetch struct {
	Name    FileName
	Version time.Time // when that version was uploaded; UTC, whole seconds; zero if the request was refused
	At      time.Time // UTC, whole seconds
	Refused bool      // the file is not for this phone, or not there
	Owner   AccountID // the account whose file it is; only that account and operators may see the Fetch
}

// String returns a text such as "fetched snom360.htm" or "snom360.htm refused".
func (f Fetch) String() string {
	switch {
	case f == Fetch{}:
		return ""
	case f.Refused:
		return string(f.Name) + " refused"
	}
	of := ""
	if !f.Version.IsZero() {
		of = " of " + f.Version.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return "fetched " + string(f.Name) + of
}

// Over returns the contact with what it lacks from an earlier one of the same phone. A
// contact without an Answer has only Fetched, so all else is that of the earlier one; one
// with an Answer and without Fetched keeps that.
func (c Contact) Over(earlier Contact) Contact {
	switch fetched := c.Fetched; {
	case c.Answer == 0 && earlier.MAC.IsValid():
		c = earlier
		if fetched != (Fetch{}) {
			c.Fetched = fetched
		}
	case fetched == Fetch{}:
		c.Fetched = earlier.Fetched
	}
	return c
}

// Latest returns the later request and the later fetched file of two contacts of a phone. If
// the times are equal, they are those of c.
func (c Contact) Latest(other Contact) Contact {
	if !c.MAC.IsValid() {
		return other
	}
	latest, fetched := c, c.Fetched
	if other.At.After(c.At) {
		latest = other
	}
	if other.Fetched.At.After(fetched.At) {
		fetched = other.Fetched
	}
	latest.Fetched = fetched
	return latest
}

// Doubt returns what contradicts the phone's request, or "".
func (c Contact) Doubt() string {
	var doubts []string
	switch {
	case c.OtherCertificate:
		doubts = append(doubts, "its certificate is another phone's")
	case c.Answer == Withheld:
		doubts = append(doubts, "no certificate proves its MAC")
	}
	switch {
	case c.OtherMAC && c.OtherModel:
		doubts = append(doubts, "its User-Agent names another MAC and another model")
	case c.OtherMAC:
		doubts = append(doubts, "its User-Agent names another MAC")
	case c.OtherModel:
		doubts = append(doubts, "its User-Agent names another model")
	}
	return strings.Join(doubts, ", ")
}

// String returns a text such as "from 192.0.2.20 over HTTPS: snom360 with firmware
// 7.3.14, proven, redirected", without the MAC and the time.
func (c Contact) String() string {
	var parts []string
	model := c.Model
	if model != "" && c.Firmware != "" {
		model += " with firmware " + c.Firmware
	}
	proven := ""
	if c.Proven {
		proven = "proven"
	}
	answer := c.Answer.String()
	if c.Answer == ToDefault {
		answer = "redirected to the service's default"
	}
	if c.Answer == 0 {
		answer = c.Fetched.String()
	}
	for _, part := range []string{model, proven, answer, c.Refusal, c.Doubt()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ", ")
	if c.Protocol != 0 {
		text = "over " + c.Protocol.Name() + ": " + text
	}
	switch {
	case c.From.IsValid() && c.Protocol != 0:
		text = fmt.Sprintf("from %v %s", c.From, text)
	case c.From.IsValid():
		text = fmt.Sprintf("from %v: %s", c.From, text)
	}
	return text
}

// A Protocol is how a phone sent its request. The zero Protocol is unknown: contacts
// that older versions stored have none.
type Protocol uint8

// The protocols.
const (
	HTTP Protocol = iota + 1
	HTTPS
	PnP // SIP Plug & Play
)

// Protocols returns all protocols.
func Protocols() []Protocol { return []Protocol{HTTP, HTTPS, PnP} }

// The names of protocols, for people and for programs.
var (
	protocolNames = [...]string{HTTP: "HTTP", HTTPS: "HTTPS", PnP: "PnP"}
	protocolWords = [...]string{HTTP: "http", HTTPS: "https", PnP: "pnp"}
)

// Name returns "HTTP", "HTTPS", "PnP" or, for the zero Protocol, "".
func (p Protocol) Name() string { return protocolNames[p] }

// String returns the name in lower case.
func (p Protocol) String() string { return protocolWords[p] }

// An Answer is the kind of answer that a phone received.
type Answer uint8

// The answers.
const (
	Redirected   Answer = iota + 1
	Unregistered        // the empty file
	Refused             // an error
	Withheld            // the empty file, because the phone did not prove its MAC
	ToDefault           // redirected to the service's default, because the phone is unregistered
)

var answers = [...]string{Redirected: "redirected", Unregistered: "unregistered", Refused: "refused", Withheld: "withheld", ToDefault: "default"}

// String returns "redirected", "unregistered", "refused", "withheld" or "default".
func (a Answer) String() string {
	if int(a) < len(answers) {
		return answers[a]
	}
	return ""
}

// MarshalText implements [encoding.TextMarshaler] with the form of [Answer.String].
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
