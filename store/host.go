package store

import "net/netip"

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
