package pnp

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"snomredirect/store"
)

// notifyCSeq is the CSeq number of the only NOTIFY of a dialog.
const notifyCSeq = 1

// ok returns the answer 200 OK to a SUBSCRIBE. tag is that of this service's side of
// the dialog.
func (s *subscribe) ok(tag string, p path) []byte {
	m := sip.NewResponse(sip.StatusOK, "OK")
	for _, h := range []sip.Header{
		sip.NewHeader("Via", withRport(s.via, p.remote)),
		sip.NewHeader("From", s.from),
		sip.NewHeader("To", s.to+";tag="+tag),
		sip.NewHeader("Call-ID", s.callID),
		sip.NewHeader("CSeq", s.cseq),
		contactOf(p.local),
		sip.NewHeader("Expires", "0"), // never longer than the phone has asked for
		sip.NewHeader("Content-Length", "0"),
	} {
		m.AppendHeader(h)
	}
	return []byte(m.String())
}

// notify returns the NOTIFY with the URL of the phone's setting server. It ends the
// subscription. branch identifies it among the requests of this service.
func (s *subscribe) notify(tag, branch string, url store.URL, p path) []byte {
	m := sip.NewRequest(sip.NOTIFY, s.contact)
	for _, h := range []sip.Header{
		sip.NewHeader("Via", "SIP/2.0/UDP "+p.local.String()+";branch="+branch),
		sip.NewHeader("Max-Forwards", "70"),
		sip.NewHeader("From", s.to+";tag="+tag),
		sip.NewHeader("To", s.from),
		sip.NewHeader("Call-ID", s.callID),
		sip.NewHeader("CSeq", strconv.Itoa(notifyCSeq)+" NOTIFY"),
		contactOf(p.local),
		sip.NewHeader("Event", s.event),
		sip.NewHeader("Subscription-State", "terminated;reason=timeout"),
		sip.NewHeader("Content-Type", "application/url"),
	} {
		m.AppendHeader(h)
	}
	m.SetBody([]byte(url.String())) // which sets Content-Length
	return []byte(m.String())
}

func contactOf(local netip.AddrPort) sip.Header {
	return sip.NewHeader("Contact", "<sip:"+local.String()+">")
}

// withRport returns the value of a Via header with the source that the phone has asked
// for (RFC 3581, 4).
func withRport(via string, remote netip.AddrPort) string {
	params := strings.Split(via, ";")
	for i, p := range params {
		if i > 0 && strings.EqualFold(strings.TrimSpace(p), "rport") {
			params[i] = "rport=" + strconv.Itoa(int(remote.Port())) + ";received=" + remote.Addr().String()
		}
	}
	return strings.Join(params, ";")
}
