package pnp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot/pnp/pnptest"
)

// question returns one to a responder.
func question(t *testing.T, r *pnptest.Responder) Question {
	t.Helper()
	return Question{MAC: macaddr.MustParse("0004132314A4"), Model: "snom360", Firmware: "6.5.1", Interface: pnptest.Loopback(t), To: r.Addr}
}

// The question has the form that phones send, and the NOTIFY is confirmed.
func TestAsk(t *testing.T) {
	r := (&pnptest.Responder{URL: "http://u:p@prov.example/{mac}"}).Start(t)
	url, from, err := question(t, r).Ask(t.Context())
	if err != nil || url != "http://u:p@prov.example/{mac}" || from != netip.MustParseAddr("127.0.0.1") {
		t.Fatalf("%q from %v, %v", url, from, err)
	}
	got := r.Received()
	if len(got) != 2 {
		t.Fatalf("%q", got)
	}
	lines := strings.Split(got[0], "\r\n")
	for i, want := range []string{
		"SUBSCRIBE sip:MAC%3a0004132314A4@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:", "From: <sip:MAC%3a0004132314A4@127.0.0.1>;tag=", "To: <sip:MAC%3a0004132314A4@127.0.0.1>",
		"Call-ID: ", "CSeq: 1 SUBSCRIBE", `Event: ua-profile;profile-type="device";vendor="snom";model="snom360";version="6.5.1"`, "Contact: <sip:127.0.0.1:", "Accept: application/url", "Expires: 0", "Content-Length: 0", "", "",
	} {
		if len(lines) != 13 || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d of %q, want %s", i, lines, want)
		}
	}
	if ok := got[1]; !strings.HasPrefix(ok, "SIP/2.0 200 OK\r\n") || !strings.Contains(ok, "CSeq: 7 NOTIFY\r\n") || !strings.Contains(ok, "branch=z9hG4bKtest") || !strings.HasSuffix(ok, "Content-Length: 0\r\n\r\n") {
		t.Errorf("%q", ok)
	}
}

// A question that was lost is asked again, and one that was accepted is not.
func TestAskAgain(t *testing.T) {
	r := (&pnptest.Responder{URL: "http://prov.example/", Lost: 2}).Start(t)
	if url, _, err := question(t, r).Ask(t.Context()); err != nil || url != "http://prov.example/" {
		t.Errorf("%q, %v", url, err)
	}
	if got := r.Received(); len(got) != 4 || got[0] != got[2] {
		t.Errorf("%q", got)
	}
}

// What is no answer is passed over, and is told if there is none.
func TestNoAnswer(t *testing.T) {
	swap := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	var done sync.WaitGroup
	for name, c := range map[string]struct {
		responder *pnptest.Responder
		want      string
	}{
		"silence":      {&pnptest.Responder{Lost: 100}, "no answer within 1s"},
		"only 200":     {&pnptest.Responder{NoNotify: true}, "though a host accepted the SUBSCRIBE"},
		"489":          {&pnptest.Responder{Change: swap("SIP/2.0 200 OK", "SIP/2.0 489 Bad Event"), NoNotify: true}, "no URL within 1s, but status 489"},
		"no URL":       {&pnptest.Responder{}, "but a NOTIFY without a URL"},
		"other type":   {&pnptest.Responder{URL: "http://x/", Change: swap("application/url", "text/plain")}, "but a NOTIFY without Content-Type: application/url"},
		"other event":  {&pnptest.Responder{URL: "http://x/", Change: swap("ua-profile", "presence")}, "but a NOTIFY without Event: ua-profile"},
		"other call":   {&pnptest.Responder{URL: "http://x/", Change: swap("Call-ID: ", "Call-ID: x")}, "a message that is no answer to the question"},
		"other tag":    {&pnptest.Responder{URL: "http://x/", Change: func(s string) string { return strings.ReplaceAll(s, ">;tag=", ">;tag=x") }}, "another tag"},
		"other method": {&pnptest.Responder{URL: "http://x/", Change: swap("NOTIFY sip:", "MESSAGE sip:")}, "a message that is no answer to the question"},
		"no SIP":       {&pnptest.Responder{URL: "http://x/", Change: func(string) string { return "\x1b[2J" }}, "but not a message of SIP"},
		"long":         {&pnptest.Responder{URL: "http://x/" + strings.Repeat("x", 9000)}, "but a datagram of more than 8192 bytes"},
	} {
		q := question(t, c.responder.Start(t))
		q.wait = time.Second
		done.Go(func() { // all at once, because they only wait
			url, _, err := q.Ask(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %q, %v, want %q", name, url, err, c.want)
			}
			if name == "only 200" && len(c.responder.Received()) != 1 {
				t.Errorf("%q, though the first one was accepted", c.responder.Received())
			}
		})
	}
	done.Wait()
}

// A question ends with its context.
func TestAskEnds(t *testing.T) {
	r := (&pnptest.Responder{Lost: 100}).Start(t)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, _, err := question(t, r).Ask(ctx); err != why {
		t.Error(err)
	}
	if _, _, err := (Question{Interface: &net.Interface{Index: 1 << 20, Name: "none"}}).Ask(t.Context()); err == nil {
		t.Error("an interface that does not exist")
	}
}

func FuzzRead(f *testing.F) {
	d := dialog{"call", "tag"}
	for _, url := range []string{"http://prov.example/{mac}", "", "tftp://192.0.2.10\r\n"} {
		f.Add(pnptest.Notify(string(d.subscribe(Question{Model: "snom360"}, netip.MustParseAddrPort("192.0.2.20:2058"))), url))
	}
	f.Add(pnptest.OK(string(d.subscribe(Question{}, netip.MustParseAddrPort("192.0.2.20:2058")))))
	f.Fuzz(func(t *testing.T, datagram string) {
		m, err := d.read([]byte(datagram), netip.MustParseAddrPort("192.0.2.10:5060"))
		if err != nil && (m.url != "" || m.reply != nil || m.status != 0) {
			t.Fatalf("%+v, %v", m, err)
		}
		if (m.url != "") != (m.reply != nil) || m.url != strings.TrimSpace(m.url) || !strings.Contains(datagram, m.url) {
			t.Fatalf("%+v", m)
		}
		if m.reply != nil && !strings.HasPrefix(string(m.reply), "SIP/2.0 200 OK\r\n") {
			t.Fatalf("%q", m.reply)
		}
	})
}
