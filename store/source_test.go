package store

import (
	"net/netip"
	"testing"
)

// Two addresses are of one source if, and only if, limits count them as one host.
func TestSource(t *testing.T) {
	all := []string{"", "0.0.0.0", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2", "192.0.3.1", "::", "::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:3::", "2001:db8:2::", "fe80::1%eth0", "fe80::2"}
	addr := func(s string) (a netip.Addr) {
		if s != "" {
			a = netip.MustParseAddr(s)
		}
		return a
	}
	for _, x := range all {
		for _, y := range all {
			a, b := addr(x), addr(y)
			if (SourceOf(a) == SourceOf(b)) != (HostOf(a) == HostOf(b)) {
				t.Errorf("%q and %q: sources %x and %x, hosts %v and %v", x, y, SourceOf(a), SourceOf(b), HostOf(a), HostOf(b))
			}
			n, ok := SourceOf(a).Network()
			m, too := SourceOf(b).Network()
			if ok != a.Unmap().Is4() {
				t.Errorf("%q: has an IPv4 network: %v", x, ok)
			}
			if p, _ := a.Unmap().Prefix(24); ok && too && (n == m) != p.Contains(b.Unmap()) {
				t.Errorf("%q and %q: networks %x and %x", x, y, n, m)
			}
		}
	}
}
