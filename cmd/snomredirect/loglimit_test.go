package main

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLimit()
		allowed := func(from string, tries, want int) {
			t.Helper()
			n := 0
			for range tries {
				if l.allow(netip.MustParseAddr(from)) {
					n++
				}
			}
			if n != want {
				t.Errorf("%s: %d lines, want %d", from, n, want)
			}
		}
		allowed("192.0.2.1", 100, maxLines)
		allowed("192.0.2.2", 3, 3)
		allowed("::ffff:192.0.2.1", 3, 0)
		allowed("2001:db8::1", 100, maxLines)
		allowed("2001:db8::2", 100, 0) // the same network
		allowed("2001:db8:1::1", 1, 1)
		time.Sleep(59 * time.Second)
		allowed("192.0.2.1", 100, 0)
		time.Sleep(time.Second)
		allowed("192.0.2.1", 100, maxLines)

		// The table is bounded.
		for i := range 2 * maxLinesHosts {
			l.allow(netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
		}
		if n := l.hosts.Len(); n != maxLinesHosts {
			t.Errorf("%d hosts, want %d", n, maxLinesHosts)
		}
	})
}
