package pnp

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzHandle checks that no datagram makes the responder panic, and that each answer
// is exactly the message that it should be, whatever was in the values that it repeats.
func FuzzHandle(f *testing.F) {
	for _, name := range []string{"snom360", "snom370", "oem", "m700"} {
		text := capture(f, name)
		f.Add([]byte(text))
		f.Add([]byte(strings.ReplaceAll(text, "\r\n", "\n")))
	}
	f.Add([]byte(confirmation("200 OK", callID)))
	f.Add([]byte("SUBSCRIBE sip:MAC:000413600001@x SIP/2.0\nv:SIP/2.0/UDP x;rport\nf:sip:x\nt:sip:x\ni:1\nCSeq:1 SUBSCRIBE\no:ua-profile;profile-type=device\nm:<sip:x>\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBench(t, always)
		about, answers, o := b.handle(datagram{route, data}, time.Now())
		switch {
		case o == Panicked:
			t.Fatal(b.log)
		case o != Answered:
			if answers != nil || o == "" {
				t.Fatalf("%q: %d answers", o, len(answers))
			}
			return
		}
		if !about.MAC.IsValid() || !isText(about.Vendor) || !isText(about.Model) || !isText(about.Firmware) {
			t.Errorf("%+v", about)
		}
		request, _, _ := parse(data)
		ok, notify := message(t, answers[0].data, 10).(*sip.Response), message(t, answers[1].data, 13).(*sip.Request)
		if ok.StatusCode != 200 || notify.Method != sip.NOTIFY || string(notify.Body()) != target.String() {
			t.Errorf("%q, %q", answers[0].data, answers[1].data)
		}
		for _, h := range []struct {
			in          sip.Message
			name, value string
		}{
			{ok, "From", request.from}, {ok, "To", request.to + ";tag=token1"}, {ok, "Call-ID", request.callID}, {ok, "CSeq", request.cseq},
			{notify, "To", request.from}, {notify, "From", request.to + ";tag=token1"}, {notify, "Call-ID", request.callID}, {notify, "CSeq", "1 NOTIFY"},
			{notify, "Event", request.event},
		} {
			if got, ok := valueOf(h.in, h.name); len(h.value) <= maxValue && (!ok || got != h.value) {
				t.Errorf("%s: %q, want %q", h.name, got, h.value)
			}
		}
		// What was answered is understood in the same way again.
		if _, _, o := b.handle(datagram{route, data}, time.Now()); o != Repeated {
			t.Errorf("again: %s", o)
		}
	})
}

// message parses an answer, which must have so many lines before its body, and no
// control bytes.
func message(t *testing.T, data []byte, lines int) sip.Message {
	head, _, _ := strings.Cut(string(data), "\r\n\r\n")
	got := strings.Split(head, "\r\n")
	if len(got)+1 != lines {
		t.Fatalf("%d lines, want %d: %q", len(got)+1, lines, data)
	}
	for _, line := range got {
		if strings.IndexFunc(line, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 {
			t.Fatalf("%q", line)
		}
	}
	m, err := parser.ParseSIP(data)
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return m
}
