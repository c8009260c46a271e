package main

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/store"
)

// Bounds of the lines about failed connections, so that unauthenticated clients
// can't fill the log.
const (
	maxLines      = 10  // of one host in a minute, for each kind of line
	maxLinesOfAll = 600 // of all hosts in a minute, for all kinds of lines
	maxLinesHosts = 4096
)

// A logLimit bounds how many lines of one kind each host can cause in a minute. It
// remembers a limited number of hosts, and forgets the one that was quiet for longest.
type logLimit struct {
	all   *logBudget
	mu    sync.Mutex
	hosts *simplelru.LRU[netip.Prefix, logMinute]
}

// A logMinute counts lines since a time.
type logMinute struct {
	since time.Time
	lines int
}

// add counts a line, and reports whether it is one of the first max in its minute.
func (m *logMinute) add(now time.Time, max int) bool {
	if age := now.Sub(m.since); age < 0 || age >= time.Minute {
		*m = logMinute{since: now}
	}
	m.lines++
	return m.lines <= max
}

func newLogLimit(all *logBudget) *logLimit {
	hosts, err := simplelru.NewLRU[netip.Prefix, logMinute](maxLinesHosts, nil)
	if err != nil {
		panic(err) // only for a size of zero or less
	}
	return &logLimit{all: all, hosts: hosts}
}

// allow counts a line that a client at an address causes, and reports whether its
// host may cause it.
func (l *logLimit) allow(from netip.Addr) bool {
	host, now := store.HostOf(from), time.Now()
	l.mu.Lock()
	m, _ := l.hosts.Get(host)
	ok := m.add(now, maxLines)
	l.hosts.Add(host, m)
	l.mu.Unlock()
	return ok && l.all.allow(now)
}

// A logBudget bounds the lines of all limits together, because there may be many
// hosts.
type logBudget struct {
	log    *slog.Logger
	mu     sync.Mutex
	minute logMinute
}

// allow counts a line, and reports whether it may be logged. At the first line after
// a minute with too many, it logs how many were left out.
func (b *logBudget) allow(now time.Time) bool {
	b.mu.Lock()
	last := b.minute
	ok := b.minute.add(now, maxLinesOfAll)
	begun := b.minute.since != last.since
	b.mu.Unlock()
	if begun && last.lines > maxLinesOfAll {
		b.log.Warn("lines about failed connections left out", "lines", last.lines-maxLinesOfAll, "since", last.since.UTC().Format(time.RFC3339))
	}
	return ok
}
