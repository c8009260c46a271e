package store

import (
	"net/netip"
	"testing"
)

func TestContactString(t *testing.T) {
	from := netip.MustParseAddr("192.0.2.20")
	for want, c := range map[string]Contact{
		"from 192.0.2.20 over HTTP: snom360 with firmware 7.3.14, redirected":                    {From: from, Protocol: HTTP, Model: "snom360", Firmware: "7.3.14", Answer: Redirected},
		"from 192.0.2.20 over HTTPS: snom360, proven, redirected":                                {From: from, Protocol: HTTPS, Model: "snom360", Proven: true, Answer: Redirected},
		"over PnP: snom360, unregistered":                                                        {Protocol: PnP, Model: "snom360", Answer: Unregistered},
		"from 192.0.2.20: withheld, no certificate proves its MAC":                               {From: from, Answer: Withheld}, // of an older version
		"from 192.0.2.20 over HTTP: refused, why, its User-Agent names another MAC":              {From: from, Protocol: HTTP, Answer: Refused, Refusal: "why", OtherMAC: true},
		"from 192.0.2.20 over HTTP: refused, its User-Agent names another MAC and another model": {From: from, Protocol: HTTP, Answer: Refused, OtherMAC: true, OtherModel: true},
		"unregistered": {Answer: Unregistered},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for protocol, want := range map[Protocol]string{0: "", HTTP: "http", HTTPS: "https", PnP: "pnp"} {
		if protocol.String() != want {
			t.Errorf("%d: %q", protocol, protocol)
		}
	}
}
