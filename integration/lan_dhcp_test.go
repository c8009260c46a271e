//go:build linux

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// dnsmasq runs dnsmasq on the router to the end of the test, with the configuration
// files of docs/lan.md that are named and what they take for granted: a range of
// addresses. It returns the file of its log.
func (n *network) dnsmasq(t *testing.T, files ...string) (log string) {
	t.Helper()
	folder := t.TempDir()
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(lanFile(t, file)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The mount is in a mount namespace of this command's own.
	args := []string{"sh", "-c", `mount --bind "$0" /srv && exec dnsmasq "$@"`, n.srv,
		"--conf-file=/dev/null", "--conf-dir=" + folder, "--user=root", "--keep-in-foreground", "--log-facility=-", "--pid-file=",
		"--dhcp-leasefile=" + filepath.Join(t.TempDir(), "leases"), "--dhcp-range=192.0.2.100,192.0.2.199,1h", "--no-ping", "--no-hosts", "--no-resolv"}
	if out, err := n.router.command(append(args, "--test")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log = filepath.Join(t.TempDir(), "log")
	n.start(t, n.router, log, args...)
	waitForLine(t, log, "started, version")
	return log
}

// start runs a command to the end of the test, with its output in a file.
func (n *network) start(t *testing.T, m machine, output string, args ...string) {
	t.Helper()
	f, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := m.command(args...)
	c.Stdout, c.Stderr = f, f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// waitForLine waits until a file contains text.
func waitForLine(t *testing.T, file, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		got, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(got), text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line has %q: %v\n%s", text, err, got)
		}
	}
}

// A lease is what a DHCP server gave, by dhclient's names of the options.
type lease map[string]string

var (
	leaseAddress = regexp.MustCompile(`(?m)^  fixed-address (.*);$`)
	leaseOption  = regexp.MustCompile(`(?m)^  option (\S+) "?(.*?)"?;$`)
)

// lease gets the machine an address by DHCP, as a client with a vendor class, which may
// be "".
func (n *network) lease(t *testing.T, m machine, vendorClass string) lease {
	t.Helper()
	script, err := filepath.Abs("testdata/lan/dhclient-script")
	if err != nil {
		t.Fatal(err)
	}
	configuration := "request subnet-mask, routers, domain-name-servers, tftp-server-name, bootfile-name;\n"
	if vendorClass != "" {
		configuration += fmt.Sprintf("send vendor-class-identifier %q;\n", vendorClass)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "conf"), []byte(configuration), 0o644); err != nil {
		t.Fatal(err)
	}
	files := []string{"-sf", script, "-cf", filepath.Join(folder, "conf"), "-lf", filepath.Join(folder, "leases"), "-pf", filepath.Join(folder, "pid")}
	dhclient := func(args ...string) {
		t.Helper()
		args = append([]string{"dhclient", "-4", "-v"}, append(args, files...)...)
		if out, err := m.command(append(args, "eth0")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	dhclient("-1") // goes on in the background
	t.Cleanup(func() { dhclient("-r") })
	text, err := os.ReadFile(filepath.Join(folder, "leases"))
	if err != nil {
		t.Fatal(err)
	}
	address := leaseAddress.FindStringSubmatch(string(text))
	if address == nil {
		t.Fatalf("no lease: %s", text)
	}
	got := lease{"fixed-address": address[1]}
	for _, option := range leaseOption.FindAllStringSubmatch(string(text), -1) {
		got[option[1]] = option[2]
	}
	return got
}

// boot boots a phone on a machine, and returns what snomphone printed.
func (n *network) boot(t *testing.T, m machine, args ...string) (string, error) {
	t.Helper()
	out, err := m.command(append([]string{filepath.Join(filepath.Dir(program), "snomphone")}, args...)...).CombinedOutput()
	return string(out), err
}

// boots boots a phone that must get its settings, which are those of its own file.
func (n *network) boots(t *testing.T, m machine, args ...string) string {
	t.Helper()
	out, err := n.boot(t, m, args...)
	if err != nil || !strings.Contains(out, "phone_name") {
		t.Errorf("%v\n%s", err, out)
	}
	return out
}

// lanFile returns the configuration file of docs/lan.md whose first line names
// /etc/dnsmasq.d/ and this name.
func lanFile(t *testing.T, name string) string {
	t.Helper()
	for _, c := range readPage(t, "../docs/lan.md") {
		if first, rest, _ := strings.Cut(c.text, "\n"); c.kind == "conf" && first == "# /etc/dnsmasq.d/"+name {
			return rest
		}
	}
	t.Fatalf("docs/lan.md has no file %s", name)
	return ""
}

var _ = exec.Command
