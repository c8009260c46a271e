package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"snomredirect/redirect"
	"snomredirect/redirect/pnp"
	"snomredirect/store"
)

// listenPnP opens the server for phones that look for their settings by Plug & Play. It
// is nil without --pnp.
func (v *service) listenPnP() (*pnp.Server, error) {
	if v.flags.PnP == "" {
		return nil, nil
	}
	answer := redirect.Subscriber(v.phones())
	s, err := pnp.Listen(v.flags.PnP, pnp.Config{
		Answer: func(s pnp.Subscription) store.URL {
			return answer(redirect.Subscription{MAC: s.MAC, Model: s.Model, Firmware: s.Firmware, From: s.From.Addr()})
		},
		Observe: v.observeDatagram,
		Log:     v.log,
	})
	switch malformed := (*net.AddrError)(nil); {
	case errors.As(err, &malformed):
		err = fmt.Errorf("--pnp %s: expected an address such as 224.0.1.75:5060: %w", v.flags.PnP, errUsage)
	case errors.Is(err, syscall.EADDRINUSE):
		err = fmt.Errorf("--pnp %s: in use by another program", v.flags.PnP)
	case err != nil:
		err = fmt.Errorf("--pnp %s: %w", v.flags.PnP, err)
	}
	return s, err
}

// secureURL returns the URL of this service for phones in its network over HTTPS,
// without a path, or "" if it has no public name or does not listen there.
func (s *serve) secureURL(ls listeners) string {
	l := ls.on("https")
	if l == nil || len(s.PublicName) == 0 {
		return ""
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "https://" + strings.TrimSuffix(net.JoinHostPort(strings.Trim(s.PublicName[0], "[]"), port), ":443")
}
