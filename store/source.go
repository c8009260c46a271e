package store

import (
	"encoding/binary"
	"net/netip"
)

// A Source is where requests come from, as limits count it: an IPv4 address, or an
// IPv6 /48, because a site commonly has a whole one. It takes 8 bytes and is
// comparable. The zero Source is that of all invalid addresses.
type Source uint64

// MaxSources is how many sources of a phone are stored.
const MaxSources = 4

// The first byte of a Source is its kind.
const (
	sourceIPv4    = 4 << 56  // then 3 zero bytes and the address
	sourceNetwork = 24 << 56 // then 3 zero bytes and an IPv4 /24
	sourceIPv6    = 6 << 56  // then a zero byte and the /48
)

// SourceOf returns the source of a client at an address.
func SourceOf(a netip.Addr) Source {
	switch a = a.Unmap(); {
	case a.Is4():
		b := a.As4()
		return sourceIPv4 | Source(binary.BigEndian.Uint32(b[:]))
	case a.Is6():
		b := a.As16()
		return sourceIPv6 | Source(binary.BigEndian.Uint64(b[:])>>16)
	}
	return 0
}

// Network returns the /24 that an IPv4 source is in; ok is false for any other
// source.
func (s Source) Network() (network Source, ok bool) {
	if s>>56 != sourceIPv4>>56 {
		return 0, false
	}
	return sourceNetwork | s&0xFFFFFF00, true
}
