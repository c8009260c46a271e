//go:build !unix

package pnp

import (
	"errors"
	"net/netip"
)

func listenGroup(netip.AddrPort) (*socket, error) {
	return nil, errors.New("this system can't listen on a multicast group: expected an address of this machine")
}
