// Package outside lets the service request URLs that its clients name, without reaching
// what only the service can: its own host and network.
package outside

import (
	"net"
	"net/netip"
	"slices"
)

// special are the networks inside those of [isPublic] that are not on the Internet, or
// that stand for addresses which may not be (IANA's registries of special-purpose
// addresses).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared, for carriers' NAT
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), // link-local, and clouds' metadata
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"), // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("224.0.0.0/3"), // multicast, reserved and broadcast

	netip.MustParsePrefix("2001::/23"), // Teredo and others
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4: contains an IPv4 address
	netip.MustParsePrefix("3fff::/20"),
}

// global contains all of IPv6 that is on the Internet. Outside of it are ::1, link-local,
// unique local and multicast addresses, and the NAT64 prefix 64:ff9b::/96, which contains
// an IPv4 address.
var global = netip.MustParsePrefix("2000::/3")

// isPublic reports whether an address is on the Internet.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Is6() && !global.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// isOwn reports whether an address is one of this host.
func isOwn(a netip.Addr) bool {
	own, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(own, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr().WithZone("").Unmap() == a.Unmap()
	})
}

// isInside reports whether an address may be that of a private network: any but those that
// mean something else on each host or link, such as clouds' metadata.
func isInside(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsValid() && (a.IsGlobalUnicast() || a.IsLoopback())
}
