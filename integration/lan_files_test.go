//go:build linux

package integration

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exported is a phone whose settings file the service keeps.
const exported = "000413241236"

// What FILE EXPORT writes, unpacked as on the page, dnsmasq serves over TFTP: the phone gets
// the same settings as from the service, and nobody gets phones.csv.
func (n *network) exportedFiles(t *testing.T) {
	n.administered(t, "file put phones.csv", "mac,name\n"+exported+",Ann\n")
	n.administered(t, "file put "+exported+".htm", "<html>\n<pre>\nphone_name$: phone "+exported+"\nlanguage!: English\n</pre>\n</html>\n")
	var shown struct{ URL string }
	if err := json.Unmarshal([]byte(n.administered(t, "file show "+exported+".htm --json", "")), &shown); err != nil {
		t.Fatal(err)
	}
	unpack := strings.ReplaceAll(lanText(t, "ssh -p 2222 acme@redirect.example.com file export | "), "/srv/", n.srv+"/")
	tar := exec.Command("sh", "-ec", unpack)
	tar.Stdin = strings.NewReader(n.administered(t, "file export", ""))
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left, err := filepath.Glob(filepath.Join(n.srv, "tftp", "*.csv")); left != nil || err != nil {
		t.Error(left, err)
	}
	n.dnsmasq(t, lanFile(t, "snom-dns.conf"), lanFile(t, "snom-tftp.conf"))
	n.lease(t, n.phone, "snom320")
	var settings [2]string
	for i, url := range []string{shown.URL, "tftp://192.0.2.1/{mac}.htm"} {
		n.redirection.administer("register " + exported + " " + url)
		out, err := n.boot(t, n.phone, "--mac", exported)
		_, settings[i], _ = strings.Cut(out, "\nfrom 2. ")
		_, settings[i], _ = strings.Cut(settings[i], "\n") // the URL
		if err != nil || !strings.Contains(settings[i], "phone "+exported) {
			t.Errorf("%v, want settings of %s\n%s", err, url, out)
		}
	}
	if settings[0] != settings[1] {
		t.Errorf("from the service\n%s\nover TFTP\n%s", settings[0], settings[1])
	}
}

// administered runs a command as the operator, and returns its standard output.
func (n *network) administered(t *testing.T, command, input string) string {
	t.Helper()
	c, err := n.redirection.dial("admin")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	session.Stdin = strings.NewReader(input)
	out, err := session.Output(command)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return string(out)
}
