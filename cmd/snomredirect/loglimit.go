package main

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/store"
)

// Bounds of the lines about failed connections, so that unauthenticated clients
// can't fill the log.
const (
	maxLines      = 10 // of one host in a minute, for each server
	maxLinesHosts = 4096
)

// A logLimit bounds how many lines each host can cause in a minute. It remembers a
// limited number of hosts, and forgets the one that was quiet for longest.
type logLimit struct {
	mu    sync.Mutex
	hosts *simplelru.LRU[netip.Prefix, logMinute]
}

// A logMinute counts the lines of a host since a time.
type logMinute struct {
	since time.Time
	lines int
}

func newLogLimit() *logLimit {
	hosts, err := simplelru.NewLRU[netip.Prefix, logMinute](maxLinesHosts, nil)
	if err != nil {
		panic(err) // only for a size of zero or less
	}
	return &logLimit{hosts: hosts}
}

// allow counts a line that a client at an address causes, and reports whether its
// host may cause it.
func (l *logLimit) allow(from netip.Addr) bool {
	host, now := store.HostOf(from), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	m, ok := l.hosts.Get(host)
	if !ok || now.Sub(m.since) >= time.Minute {
		m = logMinute{since: now}
	}
	m.lines = min(m.lines+1, maxLines+1)
	l.hosts.Add(host, m)
	return m.lines <= maxLines
}
