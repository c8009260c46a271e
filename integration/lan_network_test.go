//go:build linux

package integration

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A machine is a network namespace.
type machine string

// command returns a command that runs on the machine.
func (m machine) command(args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", string(m)}, args...)...)
}

// listen opens a listening socket on the machine.
func (m machine) listen(t *testing.T, address string) (l net.Listener) {
	t.Helper()
	listening := make(chan error)
	go func() {
		// The thread is never unlocked, and so ends with this function: nothing else runs
		// in the namespace.
		runtime.LockOSThread()
		file, err := os.Open(filepath.Join("/run/netns", string(m)))
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			l, err = net.Listen("tcp4", address)
		}
		listening <- err
	}()
	if err := <-listening; err != nil {
		t.Fatal(err)
	}
	return l
}

// A network is that of docs/lan.md, with three segments: the service is on two of them,
// and a phone is on each. Between the segments is a router.
type network struct {
	*testing.T
	router  machine // 192.0.2.1, 198.51.100.1 and 203.0.113.1
	service machine // 192.0.2.10 and 198.51.100.10
	phone   machine // on the first segment, without an address
	pc      machine // also there, and without an address
	second  machine // 198.51.100.20, a phone
	third   machine // 203.0.113.20, a phone

	ports int    // of the router
	srv   string // the folder /srv of the router

	redirection *launched // on service
	console     *os.File  // its socket for SSH
}

// newNetwork makes a network, which the end of the test removes.
func newNetwork(t *testing.T) *network {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("this test makes network namespaces: run it as root on Linux")
	}
	for _, tool := range [][2]string{{"ip", "iproute2"}, {"dnsmasq", "dnsmasq-base"}, {"dhclient", "isc-dhcp-client"}, {"sipp", "sip-tester"}, {"tcpdump", "tcpdump"}} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			t.Skipf("%s is not installed: it is in Debian's package %s", tool[0], tool[1])
		}
	}
	n := &network{T: t}
	for _, m := range []*machine{&n.router, &n.service, &n.phone, &n.pc, &n.second, &n.third} {
		*m = n.machine()
	}
	for i, segment := range []string{"192.0.2.1/24", "198.51.100.1/24", "203.0.113.1/24"} {
		n.ip("-n %s link add segment%d type bridge", n.router, i)
		n.ip("-n %s link set segment%d up", n.router, i)
		n.ip("-n %s address add %s dev segment%d", n.router, segment, i)
	}
	n.plug(n.service, "eth0", 0, "192.0.2.10/24")
	n.plug(n.service, "eth1", 1, "198.51.100.10/24")
	n.plug(n.phone, "eth0", 0, "")
	n.ip("-n %s link set eth0 address 00:04:13:24:12:34", n.phone)
	n.plug(n.pc, "eth0", 0, "")
	n.plug(n.second, "eth0", 1, "198.51.100.20/24")
	n.plug(n.third, "eth0", 2, "203.0.113.20/24")
	n.ip("-n %s route add default via 192.0.2.1", n.service)
	n.ip("-n %s route add default via 198.51.100.1", n.second)
	n.ip("-n %s route add default via 203.0.113.1", n.third)
	if out, err := n.router.command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return n
}

// machine makes a machine, whose /etc/resolv.conf is a file of its own, and empty.
func (n *network) machine() machine {
	n.Helper()
	folder, err := os.MkdirTemp(mkdirAll(n.T, "/etc/netns"), "snomredirect-")
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() {
		os.RemoveAll(folder)
		os.Remove("/etc/netns") // fails if others have files there
	})
	if err := os.WriteFile(filepath.Join(folder, "resolv.conf"), nil, 0o644); err != nil {
		n.Fatal(err)
	}
	m := machine(filepath.Base(folder))
	if out, err := exec.Command("ip", "netns", "add", string(m)).CombinedOutput(); err != nil {
		n.Skipf("this test makes network namespaces: run it as root outside of a container, or in one with the capability SYS_ADMIN: %v: %s", err, out)
	}
	n.Cleanup(func() { n.ip("netns delete %s", m) })
	n.ip("-n %s link set lo up", m)
	return m
}

// plug connects an interface of a machine to a segment.
func (n *network) plug(m machine, name string, segment int, address string) {
	n.Helper()
	n.ports++
	n.ip("link add %s netns %s type veth peer name port%d netns %s", name, m, n.ports, n.router)
	n.ip("-n %s link set port%d master segment%d up", n.router, n.ports, segment)
	n.ip("-n %s link set %s up", m, name)
	if address != "" {
		n.ip("-n %s address add %s dev %s", m, address, name)
	}
}

// ip runs a command of iproute2's ip.
func (n *network) ip(format string, args ...any) {
	n.Helper()
	command := fmt.Sprintf(format, args...)
	if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
		n.Fatalf("ip %s: %v: %s", command, err, out)
	}
}

func mkdirAll(t *testing.T, folder string) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}
