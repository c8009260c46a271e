//go:build linux

package integration

import (
	"path/filepath"
	"strings"
	"testing"
)

// Phones on both of the service's segments find it by Plug & Play, and its console shows
// that. On a third one, behind the router, they don't.
func (n *network) plugAndPlay(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	n.start(t, n.service, log, strings.Fields(lanText(t, "sudo "))...)
	waitForLine(t, log, "listening on any")
	n.dnsmasq(t)
	n.lease(t, n.phone, "snom320")
	for _, m := range []machine{n.phone, n.second} {
		n.boots(t, m, registered, "sip:224.0.1.75:5060", "--pnp", "eth0")
	}
	waitForLine(t, log, "> 224.0.1.75.5060: SIP: SUBSCRIBE")
	n.redirection.expectSays("show "+registered, 0, "from 198.51.100.20 over PnP: snom320 with firmware 8.7.5.35, redirected")
	n.fails(t, n.third, registered, "--pnp", "eth0")
}

// What snom's phones send is understood, and those of other brands. Another SIP program
// understands the answer.
func (n *network) sip(t *testing.T) {
	for _, phone := range []struct{ mac, vendor, model string }{{registered, "snom", "snom320"}, {registeredOEM, "OEM", "OEM"}} {
		out, err := n.second.command("sipp", "-sf", "testdata/lan/subscribe.xml", "-key", "mac", phone.mac, "-key", "vendor", phone.vendor, "-key", "model", phone.model,
			"-i", "198.51.100.20", "-p", "2058", "-m", "1", "-nostdin", "224.0.1.75:5060").CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v: %s", phone, err, out)
		}
	}
}
