package main

import (
	"net"

	"snomredirect/cmd/snomredirect/connlimit"
)

// connectionLimits are the limits of the listeners, by their flags.
var connectionLimits = map[string]connlimit.Config{
	// A site's phones can have one address, and start together.
	"http": {Max: 8192, PerSource: 1024},
	// A TLS connection takes about 50 KiB, and most of a millisecond of a core if the
	// certificate's key is RSA.
	"https": {Max: 2048, PerSource: 512},
	"rds":   {Max: 512, PerSource: 64},
	// Only before the login: accounts have limits of their own.
	"ssh": {Max: 512, PerSource: 64},
}

// limit bounds the connections of a listener.
func (v *service) limit(l net.Listener, flag string) net.Listener {
	c := connectionLimits[flag]
	c.Proxy, c.Evicted = v.proxies.contains, v.metrics.evictions.WithLabelValues(flag).Inc
	if flag == "rds" || flag == "ssh" { // phones don't log in
		c.Known = v.passwords.Known
	}
	return connlimit.New(l, c)
}
