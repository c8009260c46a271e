package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/redirect/boot/pnp/pnptest"
	"snomredirect/redirect/boot/tftp/tftptest"
)

// A lan is a network of one's own in which the redirection service is at 192.0.2.10. It
// knows the phone 000413240000, and not testMAC.
func newLAN(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	service := redirector(t, "http://prov.acme.example/{mac}", map[string]string{"000413240000": "", "000413240001": "http://gone.example/{mac}"})
	w.serve("192.0.2.10", service)
	w.serve("provisioning.snom.com", service)
	w.serve("prov.acme.example", site{"/000413240000": "a: 1\n"})
	w.serve("pnp.example", site{"/" + testMAC: "b: 2\n", "/empty": "# nothing\n"})
	w.servers["192.0.2.20:69"] = (&tftptest.Server{Files: map[string]string{"snom360.htm": "c: 3\n", "snom320-000413240001.htm": "c: 4\n"}}).Start(t).Addr
	return w
}

// A phone that is not redirected asks by PnP, and then uses DHCP. What snomphone prints is
// in testdata/lan.
func TestFinders(t *testing.T) {
	for name, c := range map[string]struct {
		b         bootCommand
		responder *pnptest.Responder // or nil
		questions int
	}{
		"redirected":  {bootCommand{MAC: "000413240000", finders: finders{DHCP66: "tftp://192.0.2.20"}}, &pnptest.Responder{URL: "http://pnp.example/{mac}"}, 0},
		"pnp":         {bootCommand{MAC: testMAC, finders: finders{DHCP66: "tftp://192.0.2.20"}}, &pnptest.Responder{URL: "http://pnp.example/{mac}"}, 2},
		"pnp-json":    {bootCommand{MAC: testMAC, JSON: true}, &pnptest.Responder{URL: "http://u:p@pnp.example/{mac}"}, 2},
		"pnp-once":    {bootCommand{MAC: testMAC, NoFollow: true}, &pnptest.Responder{URL: "http://pnp.example/{mac}"}, 2},
		"pnp-fails":   {bootCommand{MAC: testMAC, finders: finders{DHCP66: "tftp://192.0.2.20"}}, &pnptest.Responder{URL: "http://pnp.example/missing{mac}"}, 2},
		"pnp-silent":  {bootCommand{MAC: testMAC, finders: finders{DHCP66: "tftp://192.0.2.20"}}, &pnptest.Responder{Lost: 100}, -1},
		"dhcp":        {bootCommand{MAC: testMAC, finders: finders{DHCP66: "tftp://192.0.2.20"}}, nil, 0},
		"server-gone": {bootCommand{MAC: "000413240001", finders: finders{DHCP66: "tftp://192.0.2.20/"}}, nil, 0},
		// Snom's host is not found, but the DHCP server names the service.
		"dhcp-redirected": {bootCommand{MAC: "000413240000", URL: "http://unresolved.example", finders: finders{DHCP66: "http://192.0.2.10", DHCP67: "snom3x0/snom3x0.php?mac={mac}"}}, nil, 0},
		"dhcp-66":         {bootCommand{MAC: "000413240000", URL: "http://unresolved.example", Firmware: "7.3.14", finders: finders{DHCP66: "http://192.0.2.10"}}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLAN(t)
			if c.responder != nil {
				c.b.PnP, c.b.PnPTo = pnptest.Loopback(t).Name, c.responder.Start(t).Addr.String()
			}
			got, err := w.boot(c.b)
			if err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			if c.responder != nil {
				got = strings.ReplaceAll(got, c.responder.Addr.String(), "224.0.1.75:5060")
				if c.questions == 0 {
					c.responder.URL = "" // there is no confirmation to wait for
				}
				if n := len(c.responder.Received()); n != c.questions && c.questions >= 0 {
					t.Errorf("%d messages for PnP, want %d", n, c.questions)
				}
			}
			golden(t, filepath.Join("lan", name), got)
		})
	}
}

// If no way leads to settings, the error says which were tried, or what failed.
func TestFindersErrors(t *testing.T) {
	for name, c := range map[string]struct {
		b    bootCommand
		want string
	}{
		"no settings":   {bootCommand{finders: finders{DHCP66: "http://192.0.2.10"}}, "no settings: neither the redirection service nor DHCP option 66 led to any"},
		"all failed":    {bootCommand{URL: "http://unresolved.example", finders: finders{DHCP66: "http://unresolved.example/x"}}, "of 3 steps failed; the first is step 1, http://unresolved.example/snom360/snom360.php?mac=" + testMAC + ": "},
		"missing":       {bootCommand{finders: finders{DHCP66: "tftp://192.0.2.20", DHCP67: "none-{mac}.htm"}}, "step 2, tftp://192.0.2.20/none-" + testMAC + ".htm: file not found"},
		"other scheme":  {bootCommand{finders: finders{DHCP66: "ftp://192.0.2.20"}}, "follows only http, https and tftp"},
		"no scheme":     {bootCommand{finders: finders{DHCP66: "192.0.2.20"}}, "what phones request otherwise is not known"},
		"only 67":       {bootCommand{finders: finders{DHCP67: "x"}}, "expected option 66 too"},
		"blank":         {bootCommand{finders: finders{DHCP66: "http://192.0.2.10", DHCP67: "a b"}}, "it contains blanks"},
		"no interface":  {bootCommand{finders: finders{PnP: "none0"}}, "--pnp \"none0\": expected the name of a network interface"},
		"only pnp-to":   {bootCommand{finders: finders{PnPTo: "127.0.0.1:5060"}}, "--pnp-to: expected --pnp too"},
		"server by URL": {bootCommand{URL: "http://192.0.2.10/x", finders: finders{DHCP66: "http://192.0.2.10"}}, "expected a URL without a path"},
	} {
		w := newLAN(t)
		c.b.MAC = testMAC
		if got, err := w.boot(c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q\n%s", name, err, c.want, got)
		}
	}
}

// A phone that is sent back to where it was, or to nothing, looks on.
func TestRedirectedToNothing(t *testing.T) {
	for name, reply := range map[string]string{
		"itself":    "setting_server$: http://one.example/snom360/snom360.php?mac={mac}\n",
		"settings":  "a: 1\n",
		"missing":   "setting_server$: http://two.example/missing\n",
		"no server": "",
	} {
		w := newWorld(t)
		w.serve("one.example", site{"/snom360/snom360.php?mac=" + testMAC: reply})
		w.serve("two.example", http.NotFoundHandler())
		w.serve("three.example", site{"/x-" + testMAC: "b: 2\n"})
		got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example", finders: finders{DHCP66: "http://three.example", DHCP67: "x-{mac}"}})
		if err != nil || !strings.Contains(got, "http://three.example/x-"+testMAC+" (DHCP options 66 and 67)\n   200 OK") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}
