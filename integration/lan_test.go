//go:build linux

package integration

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The phones of the network are snom320s, and one of another brand. Each has a settings
// file of its own.
const (
	registered     = "000413241234"
	registeredOEM  = "00135E874B49"
	registeredTFTP = "000413241235" // its setting server is one for TFTP
	unregistered   = "000413245678"
)

// TestLAN is docs/lan.md: phones of a network of one's own find the service by each of
// the ways there, with the configuration files of that page.
func TestLAN(t *testing.T) {
	sources(t)
	n := newNetwork(t)
	n.settingServer()
	n.serve()
	n.redirection.administer("register " + registered + " " + registeredOEM + " http://192.0.2.1/{mac}.htm")
	n.redirection.administer("register " + registeredTFTP + " tftp://192.0.2.1/{mac}.htm")

	t.Run("DHCP", n.dhcp)
	t.Run("DHCP without option 67", n.dhcpWithoutFile)
	t.Run("DHCP by OUI", n.dhcpByOUI)
	t.Run("DNS", n.dns)
	t.Run("TFTP", n.tftp)
	t.Run("exported files", n.exportedFiles)
	t.Run("Plug & Play", n.plugAndPlay)
	t.Run("SIP", n.sip)
	t.Run("by hand", n.byHand)
	t.Run("unregistered", n.unregistered)
	t.Run("default server", n.defaultServer)
}

// settingServer serves a settings file for each phone on the router, over HTTP and, if
// dnsmasq does, over TFTP.
func (n *network) settingServer() {
	n.Helper()
	n.srv = n.TempDir()
	folder := mkdirAll(n.T, filepath.Join(n.srv, "tftp"))
	for _, mac := range []string{registered, registeredTFTP, unregistered} {
		text := "<html>\n<pre>\nphone_name$: phone " + mac + "\n</pre>\n</html>\n"
		if err := os.WriteFile(filepath.Join(folder, mac+".htm"), []byte(text), 0o644); err != nil {
			n.Fatal(err)
		}
	}
	s := &http.Server{Handler: http.FileServerFS(os.DirFS(folder))}
	go s.Serve(n.router.listen(n.T, "192.0.2.1:80"))
	n.Cleanup(func() { s.Close() })
}

// serve starts the service on its machine, with a console that is reached from here.
func (n *network) serve() {
	n.Helper()
	n.console, _ = socket(n.T)
	n.redirection = launch(n.T, n.onService, serviceFlags...)
}

var serviceFlags = []string{"--http", ":80", "--pnp", "224.0.1.75:5060", "--scan-limit", "0",
	"--files", ":8082", "--files-plain", "--files-url", "http://192.0.2.10:8082"}

func (n *network) onService(c *exec.Cmd) {
	activated("ssh", n.console)(c)
	on := n.service.command(c.Args...)
	c.Path, c.Args = on.Path, on.Args
}

// boot boots a phone on a machine, and returns what snomphone prints.
func (n *network) boot(t *testing.T, m machine, args ...string) (string, error) {
	t.Helper()
	out, err := m.command(append([]string{filepath.Join(filepath.Dir(program), "snomphone"), "--real"}, args...)...).CombinedOutput()
	return string(out), err
}

// boots boots a phone that must get its own settings, after a step that contains text.
func (n *network) boots(t *testing.T, m machine, mac, step string, args ...string) {
	t.Helper()
	out, err := n.boot(t, m, append(args, "--mac", mac)...)
	if err != nil || !strings.Contains(out, step) || !strings.Contains(out, "phone "+mac) {
		t.Errorf("%v, want %q and the phone's settings\n%s", err, step, out)
	}
}

// fails boots a phone that must get no settings.
func (n *network) fails(t *testing.T, m machine, mac string, args ...string) (out string) {
	t.Helper()
	out, err := n.boot(t, m, append(args, "--mac", mac)...)
	if err == nil || !strings.Contains(out, "No settings.") {
		t.Errorf("%v, want no settings\n%s", err, out)
	}
	return out
}

// The name of snom's redirection service leads to this one, and nowhere else over IPv6.
func (n *network) dns(t *testing.T) {
	n.start(t, n.router, filepath.Join(t.TempDir(), "log"), "dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--pid-file=",
		"--port=54", "--address=/snom.com/2001:db8::1")
	n.dnsmasq(t, lanFile(t, "snom-dns.conf"), "server=127.0.0.1#54\n")
	n.lease(t, n.phone, "snom320")
	for name, want := range map[string]string{"provisioning.snom.com": "192.0.2.10", "www.snom.com": "2001:db8::1"} {
		out, err := n.phone.command("getent", "ahosts", name).CombinedOutput()
		if err != nil || strings.Count(string(out), "STREAM") != 1 || !strings.HasPrefix(string(out), want+" ") {
			t.Errorf("%v: %s", err, out)
		}
	}
	n.boots(t, n.phone, registered, "http://provisioning.snom.com/snom320/snom320.php?mac="+registered)
}

// dnsmasq serves the settings file of a folder.
func (n *network) tftp(t *testing.T) {
	n.dnsmasq(t, lanFile(t, "snom-dns.conf"), lanFile(t, "snom-tftp.conf"))
	n.lease(t, n.phone, "snom320")
	n.boots(t, n.phone, registeredTFTP, "tftp://192.0.2.1/"+registeredTFTP+".htm")
	out, err := n.phone.command(program, "check", "tftp://192.0.2.1/{mac}.htm", "--mac", registeredTFTP).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// The Setting URL leads to the service through a router too.
func (n *network) byHand(t *testing.T) {
	url := lanText(t, "http://")
	n.boots(t, n.third, registered, "1. http://192.0.2.10/snom3x0/snom3x0.php?mac="+registered, "http://"+url)
}

// An unregistered phone tries one way after the other, and gets settings by none.
func (n *network) unregistered(t *testing.T) {
	n.dnsmasq(t, lanFile(t, "snom-dns.conf"), lanFile(t, "snom-dhcp.conf"))
	options := n.lease(t, n.phone, "snom320").flags()
	out := n.fails(t, n.phone, unregistered, append(options, "--pnp", "eth0")...)
	for _, step := range []string{
		"1. http://provisioning.snom.com/snom320/snom320.php?mac=" + unregistered,
		"2. sip:224.0.1.75:5060",
		"3. http://192.0.2.10/snom320/snom320.php?mac=" + unregistered,
	} {
		if !strings.Contains(out, "\n"+step) {
			t.Errorf("want the step %s:\n%s", step, out)
		}
	}
	n.redirection.expectSays("show "+unregistered, 0, "over HTTP: snom320 with firmware 8.7.5.35, unregistered")
}

// With a default server, it is sent there, over HTTP and by Plug & Play.
func (n *network) defaultServer(t *testing.T) {
	n.redirection.signal(syscall.SIGTERM)
	n.redirection.exits()
	n.redirection.relaunch(n.onService, append([]string{"--default-server", "http://192.0.2.1/{mac}.htm"}, serviceFlags...)...)
	n.dnsmasq(t, lanFile(t, "snom-dns.conf"))
	n.lease(t, n.phone, "snom320")
	n.boots(t, n.phone, unregistered, "http://provisioning.snom.com/snom320/snom320.php?mac="+unregistered)
	n.redirection.expectSays("show "+unregistered, 0, "over HTTP: snom320 with firmware 8.7.5.35, redirected to the service's default")
	n.boots(t, n.second, unregistered, "sip:224.0.1.75:5060", "--pnp", "eth0")
	n.redirection.expectSays("show "+unregistered, 0, "over PnP: snom320 with firmware 8.7.5.35, redirected to the service's default")
}
