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
	"files": {Max: 2048, PerSource: 512}, // over TLS too, except with --files-plain
	"rds":   {Max: 512, PerSource: 64},
	// Only before the login: accounts have limits of their own.
	"ssh": {Max: 512, PerSource: 64},
}

// otherFiles is about how many files are open besides the connections: databases,
// certificates, what profiles need.
const otherFiles = 256

// limit bounds the connections of a listener. If the process can open fewer files than
// all listeners may need, each has its share.
func (v *service) limit(l net.Listener, flag string) *connlimit.Listener {
	c := connectionLimits[flag]
	if v.openFiles.limit < v.openFiles.wanted {
		c.Max = max(1, int(uint64(c.Max)*v.openFiles.limit/v.openFiles.wanted))
	}
	c.Proxy, c.Evicted = v.proxies.contains, v.metrics.evictions.WithLabelValues(flag).Inc
	if flag == "rds" || flag == "ssh" { // phones don't log in
		c.Known = v.passwords.Known
	}
	return connlimit.New(l, c)
}

// openFiles are how many files the process can open, and how many its listeners may need.
type openFiles struct{ limit, wanted uint64 }

// countFiles returns the files for listeners, and logs if there are too few. Go itself
// has raised the limit as far as it can.
func (v *service) countFiles(ls listeners) openFiles {
	f := openFiles{limit: maxFiles(), wanted: maxMetricsConnections + otherFiles}
	for _, l := range ls {
		if c, ok := connectionLimits[l.flag]; ok {
			f.wanted += uint64(c.Max + connlimit.MaxBacklog)
		}
	}
	if f.limit < f.wanted {
		v.log.Warn("the limit of open files is low: fewer clients can be connected at once", "limit", f.limit, "wanted", f.wanted)
	}
	return f
}
