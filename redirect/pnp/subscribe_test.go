package pnp

import (
	"strings"
	"testing"
)

func TestParseCaptures(t *testing.T) {
	for name, want := range map[string]string{
		"snom360": "0004132314A4 snom snom360 6.5.1",
		"snom370": "0004132E08B4 snom snom370 8.7.5.48",
		"oem":     "00135E874B49 OEM OEM 7.1.19",
		"m700":    "000413600001 snom snomM700 03.23.0005",
	} {
		text := capture(t, name)
		for how, text := range map[string]string{
			"as it is": text,
			"LF only":  strings.ReplaceAll(text, "\r\n", "\n"),
			"compact": strings.NewReplacer("Via:", "v:", "From:", "f:", "To:", "t:", "Call-ID:", "i:", "Event:", "o:", "Contact:", "m:",
				"Content-Length:", "l:").Replace(text),
			"LF and CR LF": replaced(t, text, "\r\n\r\n", "\r\n\n"),
			"folded":       replaced(t, text, ";vendor", "\r\n ;vendor"),
		} {
			s, _, refused := parse([]byte(text))
			if refused != "" {
				t.Errorf("%s, %s: %s", name, how, refused)
				continue
			}
			if got := strings.Join([]string{s.MAC.String(), s.Vendor, s.Model, s.Firmware}, " "); got != want {
				t.Errorf("%s, %s: %s, want %s", name, how, got, want)
			}
		}
	}
}

func TestParseAccepts(t *testing.T) {
	for _, change := range [][2]string{
		{"sip:MAC%3a0004132314A4@VON", "sip:MAC%3A0004132314A4@VON"},
		{"sip:MAC%3a0004132314A4@VON", "sip:MAC:0004132314a4@224.0.1.75"},
		{"sip:MAC%3a0004132314A4@VON", "sip:mac%3a00%3a04%3a13%3a23%3a14%3aA4@VON:5060"},
		{"sip:MAC%3a0004132314A4@VON", "sip:MAC:00:04:13:23:14:A4@VON;user=phone"},
		{"Event: ua-profile;profile-type=\"device\"", "Event: UA-Profile; profile-type=device "},
		{";model=\"snom360\"", ""},
		{"Content-Length: 0\r\n", ""},
		{"Expires: 0", "Expires: 3600"},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <sip:512@192.168.10.67:2058;line=1>;+sip.instance=\"<urn:uuid:0>\""},
		{"From: <", "From: \"Reception, ground floor\" <"},
		{"Via: ", "VIA :  "},
	} {
		s, _, refused := parse([]byte(replaced(t, capture(t, "snom360"), change[0], change[1])))
		if refused != "" || s.MAC.String() != "0004132314A4" {
			t.Errorf("%q: %v, %s", change[1], s, refused)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const uri = "sip:MAC%3a0004132314A4@VON SIP"
	for _, c := range []struct {
		old, by string
		want    Outcome
	}{
		{"SUBSCRIBE sip", "OPTIONS sip", Foreign},
		{"To: <sip:MAC%3a0004132314A4@VON>", "To: <sip:MAC%3a0004132314A4@VON>;tag=1", Foreign},
		{"Event: ua-profile", "Event: message-summary", Foreign},
		{"profile-type=\"device\"", "profile-type=\"user\"", Foreign},
		{";profile-type=\"device\"", "", Foreign},
		{uri, "sip:0004132314A4@VON SIP", NoMAC},
		{uri, "sip:MAC%3a0004132314@VON SIP", NoMAC},
		{uri, "sip:MAC%3a0004132314AG@VON SIP", NoMAC},
		{uri, "sip:MAC%3aFFFFFFFFFFFF@VON SIP", NoMAC},
		{uri, "sip:MAC%3a000000000000@VON SIP", NoMAC},
		{uri, "sip:MAC%3@VON SIP", NoMAC},
		{uri, "sip:MAC%3a0004132314A4%00@VON SIP", NoMAC},
		{uri, "sip:224.0.1.75 SIP", NoMAC},
		{uri, "sip:MAC%3a0004132314A4@VON" + strings.Repeat(";a", maxValue) + " SIP", Malformed},
		{uri, "sip:MAC%3a0004132314A4@VON HTTP", Malformed},
		{"SIP/2.0\r\nVia", "SIP/3.0\r\nVia", Malformed},
		{"Via: SIP/2.0/UDP 192.168.10.67:2058;rport\r\n", "", Malformed},
		{"Via: SIP/2.0/UDP ", "Via: SIP/2.0/TCP ", Malformed},
		{"tag=658512961", "tag=658512961;x=\"", Malformed}, // what is added would be in quotes
		{"Via: SIP/2.0/UDP ", "Via: HTTP/1.1/UDP ", Malformed},
		{"rport\r\n", "rport\r\nVia: SIP/2.0/UDP 192.168.10.5\r\n", Malformed},
		{";rport", ";rport, SIP/2.0/UDP 192.168.10.5", Malformed},
		{";rport", ";rport;x=\"a;rport\"", Malformed},
		{"From:", "Subject:", Malformed},
		{"To:", "Subject:", Malformed},
		{"Call-ID:", "Subject:", Malformed},
		{"Call-ID: 1930770594@192.168.10.67", "Call-ID:", Malformed},
		{"CSeq:", "Subject:", Malformed},
		{"CSeq: 1 SUBSCRIBE", "CSeq: 1 NOTIFY", Malformed},
		{"CSeq: 1 ", "CSeq: -1 ", Malformed},
		{"CSeq: 1 ", "CSeq: 4294967296 ", Malformed},
		{"Event:", "Subject:", Malformed},
		{"profile-type=\"device\"", "profile-type=\"device", Malformed},
		{"vendor=\"snom\"", "vendor*=utf-8''a%0d%0ab", Malformed},
		{"vendor=\"snom\"", "vendor*=utf-8''%1b[2J", Malformed},
		{"Contact:", "Subject:", Malformed},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: *", Malformed},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <tel:123>", Malformed},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <sip:192.168.10.67 SIP/2.0 x:2058>", Malformed},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <sip:192.168.10.67:-1>", Malformed},
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <sip:192.168.10.67:02058>", Malformed}, // would be written otherwise
		{"Contact: <sip:192.168.10.67:2058>", "Contact: <sip:192.168.10.67>, <sip:192.168.10.68>", Malformed},
		{"Content-Length: 0", "Content-Length: 1", Malformed},
		{"Content-Length: 0", "Content-Length: -1", Malformed},
		{"Content-Length: 0", "Content-Length: 99999999999999999999", Malformed},
		{"Content-Length: 0\r\n\r\n", "", Malformed}, // cut
		{"Accept:", "Accept", Malformed},
		{"tag=658512961", "tag=" + strings.Repeat("6", maxValue), Malformed},
		{"Accept:", "X: " + strings.Repeat("x", maxDatagram) + "\r\nAccept:", Malformed},
	} {
		if s, _, refused := parse([]byte(replaced(t, capture(t, "snom360"), c.old, c.by))); refused != c.want || s != nil {
			t.Errorf("%q for %q: %v, %q; want %s", c.by, c.old, s, refused, c.want)
		}
	}
	for _, text := range []string{"", "\r\n\r\n", "\n", "\x00\x01\x00\x00", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("\xff", 64<<10)} {
		if _, _, refused := parse([]byte(text)); refused != Malformed {
			t.Errorf("%.20q: %q", text, refused)
		}
	}
}

// A value that is repeated in the answer must not bring a line of its own there, nor
// anything that a terminal obeys.
func TestParseRefusesControlBytes(t *testing.T) {
	for _, header := range []string{"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: ", "Event: ", "Contact: "} {
		for _, c := range []string{"\x00", "\x1b[2J", "\r", "\x0b", "\x7f", "\x80", "\u2028"} {
			text := capture(t, "snom360")
			at := strings.Index(text, header) + len(header) + 3
			if _, _, refused := parse([]byte(text[:at] + c + text[at:])); refused != Malformed {
				t.Errorf("%q in %s: %q", c, header, refused)
			}
		}
	}
}

func TestParseResponse(t *testing.T) {
	const text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.168.10.1:5060;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n" +
		"Call-ID: 7@192.168.10.67\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"
	if _, r, refused := parse([]byte(text)); refused != "" || *r != (response{"7@192.168.10.67", true}) {
		t.Errorf("%v, %s", r, refused)
	}
	for _, c := range []struct {
		old, by string
		want    Outcome
	}{
		{"200 OK", "481 Call Does Not Exist", ""},
		{"200 OK", "100 Trying", Stray},
		{"200 OK", "0 OK", Malformed},
		{"1 NOTIFY", "2 NOTIFY", Stray},
		{"1 NOTIFY", "1 SUBSCRIBE", Stray},
		{"CSeq: 1 NOTIFY\r\n", "", Malformed},
		{"Call-ID: 7@192.168.10.67\r\n", "", Malformed},
		{"Call-ID: ", "Call-ID: 8\r\nCall-ID: ", Malformed},
	} {
		_, r, refused := parse([]byte(replaced(t, text, c.old, c.by)))
		if refused != c.want || (r == nil) != (c.want != "") || r != nil && r.success {
			t.Errorf("%q: %v, %q", c.by, r, refused)
		}
	}
}
