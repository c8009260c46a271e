package store

import "net/netip"

// ClientAddr returns the IP address of remote, a connection's remote address with
// port. IPv4-mapped addresses become IPv4, and a zone is dropped. If remote is not
// an IP address with port, ClientAddr returns the zero Addr.
func ClientAddr(remote string) netip.Addr {
	addr, _ := netip.ParseAddrPort(remote)
	return addr.Addr().Unmap().WithZone("")
}

// HostOf returns the network that limits count as one host: the address itself for
// IPv4, its /48 for IPv6, because a site commonly has a whole one. All invalid
// addresses count as one host. [SourceOf] is the same in a shorter form.
func HostOf(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 32
	}
	network, _ := a.Prefix(bits)
	return network
}
