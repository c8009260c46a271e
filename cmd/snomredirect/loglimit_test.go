package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLimit(&logBudget{log: slog.New(slog.DiscardHandler)})
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

// Many hosts together can't fill the log either, and the log says that it is not whole.
func TestLogBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		budget := &logBudget{log: slog.New(slog.NewTextHandler(&log, nil))}
		logins, handshakes := newLogLimit(budget), newLogLimit(budget)
		flood := func() (lines int) {
			for i := range 1000 {
				for _, l := range []*logLimit{logins, handshakes} {
					if l.allow(netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i/256, i%256))) {
						lines++
					}
				}
			}
			return lines
		}
		if n := flood(); n != maxLinesOfAll || log.Len() > 0 {
			t.Errorf("%d lines, want %d\n%s", n, maxLinesOfAll, &log)
		}
		time.Sleep(time.Minute)
		if n := flood(); n != maxLinesOfAll || strings.Count(log.String(), " lines=1400 ") != 1 {
			t.Errorf("%d lines, want %d\n%s", n, maxLinesOfAll, &log)
		}
	})
}
