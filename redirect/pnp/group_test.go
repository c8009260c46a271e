//go:build linux

package pnp

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"snomredirect/store"
)

const groupAddress = "224.0.1.75:5060"

// TestGroup runs in a network namespace of its own, with two interfaces.
func TestGroup(t *testing.T) {
	const inside = "SNOMREDIRECT_TEST_IN_NAMESPACE"
	if os.Getenv(inside) == "" {
		_, err := exec.LookPath("unshare")
		if _, noIP := exec.LookPath("ip"); err != nil || noIP != nil || os.Getuid() != 0 {
			t.Skip("run as root, with util-linux and iproute2, to test multicast in a network namespace")
		}
		c := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.run=^TestGroup$", "-test.v")
		c.Env = append(os.Environ(), inside+"=1")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	ip(t, "link set lo up")
	_ = os.WriteFile("/proc/sys/net/ipv4/conf/all/rp_filter", []byte("0"), 0) // two interfaces have one subnet
	addInterface(t, "lan0", "192.0.2.1/24")
	asked := make(chan Subscription, 9)
	s, seen := serve(t, groupAddress, func(s Subscription) store.URL { asked <- s; return target })
	t.Run("answers", func(t *testing.T) {
		p := newPhone(t, "192.0.2.1:0")
		p.multicast("lan0", capture(t, "snom360"))
		p.expectAnswers("192.0.2.1")
		expect(t, seen, Answered)
		notify, from := p.receive() // the first repetition
		p.send(from, answersTo(notify))
		expect(t, seen, Confirmed)
		if a := <-asked; a.From.String() != p.LocalAddr().String() {
			t.Errorf("%+v", a)
		}
	})
	t.Run("outside", func(t *testing.T) {
		addInterface(t, "lan1", "198.51.100.1/24")
		if err := s.interfaces.look(); err != nil {
			t.Fatal(err)
		}
		p := newPhone(t, "192.0.2.1:0") // which is not in the subnet of lan1
		p.multicast("lan1", capture(t, "snom360"))
		expect(t, seen, Outside)
		p = newPhone(t, "198.51.100.1:0")
		p.multicast("lan1", capture(t, "snom360"))
		p.expectAnswers("198.51.100.1")
		expect(t, seen, Answered)
	})
	t.Run("two interfaces in one subnet", func(t *testing.T) {
		for n := 2; n < 4; n++ {
			name, phone := fmt.Sprintf("same%d", n), newHost()
			addInterface(t, name, fmt.Sprintf("203.0.113.%d/24", n))
			ip(t, fmt.Sprintf("link set %speer netns %d", name, phone.thread))
			if err := s.interfaces.look(); err != nil {
				t.Fatal(err)
			}
			phone.do(func() {
				ip(t, fmt.Sprintf("addr add 203.0.113.%d0/24 dev %speer", n, name))
				ip(t, "link set "+name+"peer up")
				p := newPhone(t, fmt.Sprintf("203.0.113.%d0:2058", n))
				p.multicast(name+"peer", capture(t, "snom360"))
				p.expectAnswers(fmt.Sprintf("203.0.113.%d", n))
				expect(t, seen, Answered)
				notify, from := p.receive()
				p.send(from, answersTo(notify))
				expect(t, seen, Confirmed)
			})
		}
	})
	t.Run("one address", func(t *testing.T) {
		one, _ := serve(t, "127.0.0.2:0", always)
		p := newPhone(t, "127.0.0.1:0")
		p.send(one.Addr(), capture(t, "snom360"))
		p.expectAnswers("127.0.0.2")
	})
	t.Run("beside others", func(t *testing.T) {
		pbx := newPhone(t, "192.0.2.1:5060")
		other, err := Listen(groupAddress, Config{Answer: always})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		p := newPhone(t, "192.0.2.1:0")
		p.send(pbx.LocalAddr(), "for the PBX")
		if got, _ := pbx.receive(); got != "for the PBX" {
			t.Error(got)
		}
	})
	t.Run("VLANs that come and go", func(t *testing.T) {
		for n := range 30 { // more than a socket can join at once
			name := fmt.Sprintf("vlan%d", n)
			addInterface(t, name, fmt.Sprintf("10.0.%d.1/24", n))
			if err := s.interfaces.look(); err != nil {
				t.Fatal(err)
			}
			i, err := net.InterfaceByName(name)
			if err != nil {
				t.Fatal(err)
			}
			if !s.interfaces.joined[i.Index] {
				t.Fatalf("%s is not joined", name)
			}
			ip(t, "link del "+name)
			if err := s.interfaces.look(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A host is a network namespace, which is that of one thread.
type host struct {
	thread int
	calls  chan func()
}

func newHost() host {
	h, started := host{calls: make(chan func())}, make(chan int)
	go func() {
		runtime.LockOSThread() // which ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			panic(err)
		}
		started <- unix.Gettid()
		for f := range h.calls {
			f()
		}
	}()
	h.thread = <-started
	return h
}

// do calls f in the namespace of h.
func (h host) do(f func()) {
	done := make(chan struct{})
	h.calls <- func() { defer close(done); f() }
	<-done
}

func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

func addInterface(t *testing.T, name, addr string) {
	t.Helper()
	ip(t, "link add "+name+" type veth peer name "+name+"peer")
	ip(t, "link set "+name+"peer up")
	ip(t, "addr add "+addr+" dev "+name)
	ip(t, "link set "+name+" up")
}

// multicast sends a text to the group through an interface.
func (p testPhone) multicast(through, text string) {
	p.t.Helper()
	i, err := net.InterfaceByName(through)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(p).SetMulticastInterface(i); err != nil {
		p.t.Fatal(err)
	}
	p.send(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(groupAddress)), text)
}

// expectAnswers expects 200 OK and a NOTIFY from an address, which they contain.
func (p testPhone) expectAnswers(address string) {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(30 * time.Second))
	for _, start := range []string{"SIP/2.0 200 OK\r\n", "NOTIFY sip:"} {
		got, from := p.receive()
		if !strings.HasPrefix(got, start) || from.(*net.UDPAddr).IP.String() != address || !strings.Contains(got, "\r\nContact: <sip:"+from.String()+">\r\n") {
			p.t.Errorf("from %v: %s", from, got)
		}
	}
}
