//go:build linux

package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Phones get both options, and other clients neither.
func (n *network) dhcp(t *testing.T) {
	log := n.dnsmasq(t, lanFile(t, "snom-dhcp.conf"), lanFile(t, "snom-log.conf"))
	n.getsNoOptions(t, n.pc, "MSFT 5.0")
	got := n.lease(t, n.phone, "snom320")
	if got["tftp-server-name"] != "http://192.0.2.10" || got["bootfile-name"] != "snom3x0/snom3x0.php?mac={mac}" {
		t.Errorf("the phone got %q", got)
	}
	waitForLine(t, log, "vendor class: snom320")
	n.boots(t, n.phone, registered, "http://192.0.2.10/snom320/snom320.php?mac="+registered, got.flags()...)
}

// Without option 67, the phone requests the files of its model.
func (n *network) dhcpWithoutFile(t *testing.T) {
	server, file, found := strings.Cut(lanFile(t, "snom-dhcp.conf"), "dhcp-option=tag:snom,67,")
	if !found || strings.Count(file, "\n") != 1 {
		t.Fatalf("option 67 is not the last line: %q", file)
	}
	n.dnsmasq(t, server)
	got := n.lease(t, n.phone, "snom320")
	if _, has := got["bootfile-name"]; has {
		t.Errorf("the phone got %q", got)
	}
	n.boots(t, n.phone, registered, "http://192.0.2.10/snom320-"+registered+".htm", got.flags()...)
}

// Phones without a vendor class are known by their MAC.
func (n *network) dhcpByOUI(t *testing.T) {
	n.dnsmasq(t, lanFile(t, "snom-dhcp.conf"), lanFile(t, "snom-oui.conf"))
	n.getsNoOptions(t, n.pc, "")
	if got := n.lease(t, n.phone, ""); got["tftp-server-name"] == "" || got["bootfile-name"] == "" {
		t.Errorf("the phone got %q", got)
	}
}

// getsNoOptions checks that a client which is no phone gets an address only.
func (n *network) getsNoOptions(t *testing.T, m machine, vendorClass string) {
	t.Helper()
	got := n.lease(t, m, vendorClass)
	_, server := got["tftp-server-name"]
	_, file := got["bootfile-name"]
	if server || file {
		t.Errorf("a client with the vendor class %q got %q", vendorClass, got)
	}
}

// A lease is what a DHCP server gave, by dhclient's names of the options.
type lease map[string]string

// flags returns the options as snomphone's flags.
func (l lease) flags() (flags []string) {
	for option, flag := range map[string]string{"tftp-server-name": "--dhcp-66", "bootfile-name": "--dhcp-67"} {
		if value, has := l[option]; has {
			flags = append(flags, flag, value)
		}
	}
	return flags
}

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
