package store

import "net/netip"

// ClientAddr returns the IP address of a connection's remote end, given as host
// and port: IPv4 as such, without a zone. It is the zero Addr if remote is no such
// address.
func ClientAddr(remote string) netip.Addr {
	at, _ := netip.ParseAddrPort(remote)
	return at.Addr().Unmap().WithZone("")
}

// HostOf tells whom to count an address to: of IPv6 the network of 64 bits that
// one host commonly has. What is no address is one host.
func HostOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	network, _ := a.Prefix(bits)
	return network
}
