package pnp

import (
	"bytes"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"snomredirect/macaddr"
)

// maxDatagram is the longest datagram that is parsed. Those of phones have 400 to 900
// bytes; the answer to one of this length still has less than 2,000.
const maxDatagram = 4096

// maxValue is the longest value of a header that is repeated in an answer.
const maxValue = 255

// A subscribe is a SUBSCRIBE for a device's settings, with the values of its headers
// as the phone has written them: printable ASCII on one line.
type subscribe struct {
	Subscription
	via, from, to, callID, cseq, event string
	contact                            sip.Uri
}

// A response is a final response.
type response struct {
	callID  string
	success bool
}

// parser leaves the values of headers as they were written, because they are repeated
// in the answers, except for that of Content-Length, which says where a message ends.
// It writes out compact names; of these it knows all but that of Event.
var parser = newParser()

func newParser() *sip.Parser {
	const length = "content-length"
	headers := sip.HeadersParser{length: sip.DefaultHeadersParser()[length]}
	for key, name := range map[string]string{"via": "Via", "from": "From", "to": "To", "call-id": "Call-ID", "contact": "Contact", "o": "Event"} {
		headers[key] = func(_ []byte, value string) (sip.Header, error) { return sip.NewHeader(name, value), nil }
	}
	return sip.NewParser(sip.WithHeadersParsers(headers))
}

// parse returns the SUBSCRIBE or the response in a datagram, or why it is dropped.
func parse(data []byte) (*subscribe, *response, Outcome) {
	// The parser compares each parameter of a URI with all others.
	if start, _, _ := bytes.Cut(data, []byte("\n")); len(data) > maxDatagram || len(start) > maxValue {
		return nil, nil, Malformed
	}
	message, err := parser.ParseSIP(withCRLF(data))
	if err != nil {
		return nil, nil, Malformed
	}
	switch m := message.(type) {
	case *sip.Request:
		s, refused := parseRequest(m)
		return s, nil, refused
	case *sip.Response:
		r, refused := parseResponse(m)
		return nil, r, refused
	}
	return nil, nil, Malformed
}

// withCRLF ends each line in CR LF, because some phones and tools send LF only.
func withCRLF(data []byte) []byte {
	if bytes.Count(data, []byte("\n")) == bytes.Count(data, []byte("\r\n")) {
		return data
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
}

func parseRequest(m *sip.Request) (*subscribe, Outcome) {
	s, ok := &subscribe{}, m.SipVersion == "SIP/2.0"
	read := func(name string) string {
		v, found := valueOf(m, name)
		ok = ok && found
		return v
	}
	s.via, s.from, s.to, s.callID, s.cseq = read("via"), read("from"), read("to"), read("call-id"), read("cseq")
	if !ok || m.From() == nil || m.To() == nil || !isSentByUDP(m) {
		return nil, Malformed
	}
	if m.Method != sip.SUBSCRIBE || hasTag(m.To().Params) {
		return nil, Foreign // another method, or in a dialog: those here end at once
	}
	s.event = read("event")
	device := s.parseEvent()
	switch {
	case !ok || device == Malformed:
		return nil, Malformed
	case device != "":
		return nil, device
	}
	if method, _, found := cseqOf(m); !found || method != sip.SUBSCRIBE || !s.parseContact(m) {
		return nil, Malformed
	}
	if s.MAC = macOf(m.Recipient); !s.MAC.IsValid() {
		return nil, NoMAC
	}
	return s, ""
}

func parseResponse(m *sip.Response) (*response, Outcome) {
	callID, ok := valueOf(m, "call-id")
	method, number, found := cseqOf(m)
	switch {
	case m.SipVersion != "SIP/2.0" || !ok || !found || m.StatusCode < 100 || m.StatusCode > 699:
		return nil, Malformed
	case m.IsProvisional() || method != sip.NOTIFY || number != notifyCSeq:
		return nil, Stray
	}
	return &response{callID, m.IsSuccess()}, ""
}

// valueOf returns the value of the only header with a name. ok is false if it can't be
// repeated in an answer.
func valueOf(m sip.Message, name string) (value string, ok bool) {
	headers := m.GetHeaders(name)
	if len(headers) != 1 {
		return "", false
	}
	value = headers[0].Value()
	return value, value != "" && isText(value) && strings.Count(value, `"`)%2 == 0
}

// isText reports whether s is printable ASCII on one line, and short.
func isText(s string) bool {
	return len(s) <= maxValue && strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// isSentByUDP reports whether the Via header is that of a phone which sends by UDP
// itself, without a proxy. Its parameters must have no quotes, so that they can be
// split.
func isSentByUDP(m *sip.Request) bool {
	via := m.Via()
	return via != nil && via.ProtocolName == "SIP" && via.ProtocolVersion == "2.0" && strings.EqualFold(via.Transport, "UDP") &&
		via.Host != "" && !strings.Contains(m.GetHeader("via").Value(), `"`)
}

func hasTag(params sip.HeaderParams) bool {
	return slices.ContainsFunc(params, func(p sip.HeaderKV) bool { return strings.EqualFold(strings.TrimSpace(p.K), "tag") })
}

func cseqOf(m sip.Message) (method sip.RequestMethod, number uint32, ok bool) {
	if _, ok := valueOf(m, "cseq"); !ok || m.CSeq() == nil {
		return "", 0, false
	}
	return sip.RequestMethod(strings.TrimSpace(string(m.CSeq().MethodName))), m.CSeq().SeqNo, true
}

// parseEvent reads what the phone says about itself. It returns Foreign if the event
// is another one, or the profile not that of a device.
func (s *subscribe) parseEvent() Outcome {
	event, params, err := mime.ParseMediaType(s.event) // which has the same grammar
	switch {
	case err != nil:
		return Malformed
	case event != "ua-profile" || !strings.EqualFold(params["profile-type"], "device"):
		return Foreign
	}
	s.Vendor, s.Model, s.Firmware = params["vendor"], params["model"], params["version"]
	if !isText(s.Vendor) || !isText(s.Model) || !isText(s.Firmware) {
		return Malformed // MIME can write control characters in ASCII
	}
	return ""
}

// parseContact reads the URI that the phone wants its NOTIFY to have.
func (s *subscribe) parseContact(m *sip.Request) bool {
	value, ok := valueOf(m, "contact")
	if !ok || m.Contact() == nil {
		return false
	}
	s.contact = m.Contact().Address
	uri := s.contact.String()
	return s.contact.Scheme == "sip" && s.contact.Host != "" && s.contact.Port >= 0 && s.contact.Port < 1<<16 && !strings.ContainsAny(uri, ` <>"`) && strings.Contains(value, uri)
}

// macOf returns the MAC in a URI such as sip:MAC%3a0004132314A4@VON, or the zero Addr.
func macOf(u sip.Uri) macaddr.Addr {
	user := u.User
	if u.Password != "" {
		user += ":" + u.Password // what is after the last plain colon
	}
	user, err := url.PathUnescape(user)
	const prefix = "MAC:"
	if err != nil || len(user) < len(prefix) || !strings.EqualFold(user[:len(prefix)], prefix) {
		return macaddr.Addr{}
	}
	mac, _ := macaddr.Parse(user[len(prefix):])
	return mac
}
