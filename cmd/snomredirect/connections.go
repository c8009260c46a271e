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

// otherFiles is about how many files are open besides the connections: databases,
// certificates, sessions of profiles.
const otherFiles = 256

// warnOfFiles logs if the listeners may need more files than the process can open. Go
// itself has raised its limit as far as it can. Beyond the limit, clients wait to be
// accepted.
func (v *service) warnOfFiles(ls listeners) {
	wanted := uint64(maxMetricsConnections + otherFiles)
	for _, l := range ls {
		if c, ok := connectionLimits[l.flag]; ok {
			wanted += uint64(c.Max + connlimit.MaxBacklog)
		}
	}
	if limit, ok := maxFiles(); ok && limit < wanted {
		v.log.Warn("the limit of open files is low: many clients at once will have to wait", "limit", limit, "wanted", wanted)
	}
}
