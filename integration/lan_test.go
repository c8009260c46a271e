//go:build linux

package integration

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The phones of the network. Each has a settings file of its own.
const (
	registered   = "000413241234" // a snom320
	unregistered = "000413245678"
)

// TestLAN is docs/lan.md: phones of a network of one's own find the service by each of
// the ways there, with the configuration files of that page.
func TestLAN(t *testing.T) {
	sources(t)
	n := newNetwork(t)
	n.settingServer()
	s := n.serve()
	s.administer("register " + registered + " http://192.0.2.1/{mac}.htm")
	n.ip("-n %s link set eth0 address 00:04:13:24:12:34", n.phone)

	t.Run("DHCP", n.dhcp)
	t.Run("DNS", n.dns)
}

// settingServer serves a settings file for each phone on the router, over HTTP and, if
// dnsmasq does, over TFTP.
func (n *network) settingServer() {
	n.Helper()
	n.srv = n.TempDir()
	folder := mkdirAll(n.T, filepath.Join(n.srv, "tftp"))
	for _, mac := range []string{registered, unregistered} {
		text := "<html>\n<pre>\nphone_name$: phone-" + mac + "\n</pre>\n</html>\n"
		if err := os.WriteFile(filepath.Join(folder, mac+".htm"), []byte(text), 0o644); err != nil {
			n.Fatal(err)
		}
	}
	s := &http.Server{Handler: http.FileServerFS(os.DirFS(folder))}
	go s.Serve(n.router.listen(n.T, "192.0.2.1:80"))
	n.Cleanup(func() { s.Close() })
}

// serve starts the service on its machine. Its console is reached from here.
func (n *network) serve(flags ...string) *launched {
	n.Helper()
	ssh, _ := socket(n.T)
	return launch(n.T, func(c *exec.Cmd) {
		activated("ssh", ssh)(c)
		on := n.service.command(c.Args...)
		c.Path, c.Args = on.Path, on.Args
	}, append([]string{"--http", ":80"}, flags...)...)
}

// Phones get both options, and other clients neither. Without the file, phones request
// the files of their model.
func (n *network) dhcp(t *testing.T) {
	log := n.dnsmasq(t, "snom-dhcp.conf", "snom-log.conf")
	if other := n.lease(t, n.pc, "MSFT 5.0"); other["tftp-server-name"] != "" || other["bootfile-name"] != "" {
		t.Errorf("another client got %q", other)
	}
	got := n.lease(t, n.phone, "snom320")
	if got["tftp-server-name"] != "http://192.0.2.10" || got["bootfile-name"] != "snom3x0/snom3x0.php?mac={mac}" {
		t.Errorf("the phone got %q", got)
	}
	waitForLine(t, log, "vendor class: snom320")
}

func (n *network) dns(t *testing.T) {
	n.dnsmasq(t, "snom-dns.conf")
	n.lease(t, n.phone, "snom320")
	out := n.boots(t, n.phone, "--mac", registered)
	if !strings.Contains(out, "http://provisioning.snom.com/snom320/snom320.php?mac="+registered) {
		t.Error(out)
	}
}
