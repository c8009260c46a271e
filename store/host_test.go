package store

import (
	"net/netip"
	"testing"
)

func TestClientAddr(t *testing.T) {
	for remote, want := range map[string]netip.Addr{
		"192.0.2.7:1":             netip.MustParseAddr("192.0.2.7"),
		"[::ffff:192.0.2.7]:1":    netip.MustParseAddr("192.0.2.7"),
		"[2001:db8::7]:1":         netip.MustParseAddr("2001:db8::7"),
		"[fe80::7%eth0]:1":        netip.MustParseAddr("fe80::7"),
		"@":                       {},
		"phone.acme.example:8080": {},
	} {
		if got := ClientAddr(remote); got != want {
			t.Errorf("%s: %v, want %v", remote, got, want)
		}
	}
}

func TestHostOf(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48",
	} {
		if got := HostOf(netip.MustParseAddr(from)); got.String() != want {
			t.Errorf("%s: %v, want %s", from, got, want)
		}
	}
	if HostOf(netip.Addr{}).IsValid() {
		t.Error("HostOf of the zero Addr is valid")
	}
}
