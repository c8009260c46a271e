package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"snomredirect/redirect/boot"
	"snomredirect/redirect/boot/pnp"
)

// finders are the flags of the ways in which a phone finds a setting server if it was not
// redirected.
type finders struct {
	PnP    string `name:"pnp" placeholder:"INTERFACE" help:"If no setting server answered, ask for one by SIP Plug & Play on this network interface, such as eth0."`
	PnPTo  string `name:"pnp-to" hidden:"" help:"Address and port to ask, instead of the multicast group of phones."`
	DHCP66 string `name:"dhcp-66" placeholder:"VALUE" help:"If none answered then either, use this value of DHCP option 66, the server, such as http://192.0.2.10."`
	DHCP67 string `name:"dhcp-67" placeholder:"VALUE" help:"Value of DHCP option 67, the file on that server, such as snom3x0/snom3x0.php?mac={mac}. The phone replaces snom3x0 with its model."`
}

// of returns the ways of a phone in their order. Its errors are about the flags.
func (f finders) of(p boot.Phone) (all []boot.Finder, err error) {
	if f.PnP != "" {
		q := pnp.Question{MAC: p.MAC, Model: p.Model, Firmware: p.Firmware, To: pnp.Group}
		if q.Interface, err = net.InterfaceByName(f.PnP); err != nil {
			return nil, fmt.Errorf("--pnp %q: expected the name of a network interface, such as eth0", f.PnP)
		}
		if f.PnPTo != "" {
			if q.To, err = netip.ParseAddrPort(f.PnPTo); err != nil || !q.To.Addr().Is4() {
				return nil, fmt.Errorf("--pnp-to %q: expected an IPv4 address and a port", f.PnPTo)
			}
		}
		all = append(all, boot.Finder{Name: "PnP", Asked: "sip:" + q.To.String(), Ask: func(ctx context.Context) (string, string, error) {
			url, from, err := q.Ask(ctx)
			return url, from.String(), err
		}})
	} else if f.PnPTo != "" {
		return nil, errors.New("--pnp-to: expected --pnp too")
	}
	if f.DHCP66 != "" || f.DHCP67 != "" {
		dhcp, err := p.FindByDHCP(f.DHCP66, f.DHCP67)
		if err != nil {
			return nil, fmt.Errorf("--dhcp-66 and --dhcp-67: %w", err)
		}
		all = append(all, dhcp)
	}
	return all, nil
}
