package pnp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const version = "SIP/2.0"

// A dialog is what the messages of one question have in common.
type dialog struct{ callID, tag string }

func newDialog() dialog {
	return dialog{strings.ToLower(rand.Text()), strings.ToLower(rand.Text()[:8])}
}

// subscribe returns the question of a phone, as seen from snom phones: without a branch in
// Via and without Max-Forwards. It is sent from local.
func (d dialog) subscribe(q Question, local netip.AddrPort) []byte {
	to := q.to()
	who := fmt.Sprintf("sip:MAC%%3a%v@%v", q.MAC, to.Addr())
	return []byte(strings.Join([]string{
		"SUBSCRIBE " + who + " " + version,
		"Via: " + version + "/UDP " + local.String() + ";rport",
		"From: <" + who + ">;tag=" + d.tag,
		"To: <" + who + ">",
		"Call-ID: " + d.callID,
		"CSeq: 1 SUBSCRIBE",
		`Event: ua-profile;profile-type="device";vendor="snom";model="` + q.Model + `";version="` + q.Firmware + `"`,
		"Contact: <sip:" + local.String() + ">",
		"Accept: application/url",
		"Expires: 0",
		"Content-Length: 0",
	}, "\r\n") + "\r\n\r\n")
}

// A message is what was read of a datagram.
type message struct {
	status int    // of the response to the question, or 0
	url    string // of the setting server
	reply  []byte // to a NOTIFY
}

var errForeign = errors.New("a message that is no answer to the question")

// read reads a datagram from a host: the response to the question, or the NOTIFY with the
// URL.
func (d dialog) read(datagram []byte, from netip.AddrPort) (message, error) {
	m, err := sip.ParseMessage(datagram)
	if err != nil {
		return message{}, fmt.Errorf("not a message of SIP: %w", err)
	}
	if id := m.CallID(); id == nil || id.Value() != d.callID || m.Via() == nil || m.From() == nil || m.To() == nil || m.CSeq() == nil {
		return message{}, errForeign
	}
	switch m := m.(type) {
	case *sip.Response:
		if m.SipVersion != version || m.CSeq().MethodName != sip.SUBSCRIBE {
			return message{}, errForeign
		}
		return message{status: m.StatusCode}, nil
	case *sip.Request:
		if m.SipVersion != version || m.Method != sip.NOTIFY || m.CSeq().MethodName != sip.NOTIFY {
			return message{}, errForeign
		}
		if tag, _ := m.To().Params.Get("tag"); tag != d.tag {
			return message{}, errors.New("a NOTIFY whose To has another tag than From of the SUBSCRIBE")
		}
		return notified(m, from)
	}
	return message{}, errForeign
}

// notified reads a NOTIFY and confirms it.
func notified(m *sip.Request, from netip.AddrPort) (message, error) {
	const contentType = "application/url"
	event := m.GetHeader("Event")
	if event == nil {
		event = m.GetHeader("o") // the compact form, which the parser does not know
	}
	switch kind := m.ContentType(); {
	case kind == nil || !strings.EqualFold(strings.TrimSpace(strings.Split(kind.Value(), ";")[0]), contentType):
		return message{}, errors.New("a NOTIFY without Content-Type: " + contentType)
	case event == nil || !strings.HasPrefix(strings.ToLower(event.Value()), "ua-profile"):
		return message{}, errors.New("a NOTIFY without Event: ua-profile")
	}
	url := strings.TrimSpace(string(m.Body()))
	if url == "" {
		return message{}, errors.New("a NOTIFY without a URL")
	}
	m.SetSource(from.String()) // for received and rport
	return message{url: url, reply: []byte(sip.NewResponseFromRequest(m, sip.StatusOK, "OK", nil).String())}, nil
}
