package outside

import (
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	for _, s := range []string{"1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "223.255.255.254", "::ffff:1.1.1.1",
		"2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"} {
		if a := netip.MustParseAddr(s); !isPublic(a) {
			t.Errorf("%s is not public", s)
		}
	}
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::101:101", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2001::1", "2606:4700::1%eth0",
	} {
		if a := netip.MustParseAddr(s); isPublic(a) {
			t.Errorf("%s is public", s)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// A private network has no addresses that mean something else on each host or link.
func TestInside(t *testing.T) {
	for s, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.0.0.1": true, "192.168.1.1": true, "fd12::1": true, "100.64.0.1": true, "1.1.1.1": true, "::ffff:10.0.0.1": true,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "fe80::1": false, "0.0.0.0": false, "::": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
	} {
		if got := isInside(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}

// A public address of this host is not reached: only the host itself might be let in
// there.
func TestOwnPublicAddress(t *testing.T) {
	own, other := netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("9.9.9.9")
	d := Dialer{own: func(a netip.Addr) bool { return a == own }}
	if d.mayReach(own) || !d.mayReach(other) || !(Dialer{}).mayReach(other) {
		t.Error(d.mayReach(own), d.mayReach(other), Dialer{}.mayReach(other))
	}
}

func TestOwn(t *testing.T) {
	for s, want := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "192.0.2.1": false} {
		if got := isOwn(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}
