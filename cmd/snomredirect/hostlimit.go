package main

import (
	"net"
	"net/netip"
	"sync"

	"snomredirect/store"
)

// A hostLimit is a listener that limits how many connections a host has open at a
// time. It closes further ones at once.
type hostLimit struct {
	net.Listener
	limit int

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newHostLimit(l net.Listener, limit int) *hostLimit {
	return &hostLimit{Listener: l, limit: limit, open: map[netip.Prefix]int{}}
}

// Accept implements [net.Listener].
func (l *hostLimit) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := store.HostOf(store.ClientAddr(conn.RemoteAddr().String()))
		if l.add(host) {
			return countedConn{conn, sync.OnceFunc(func() { l.remove(host) })}, nil
		}
		conn.Close()
	}
}

func (l *hostLimit) add(host netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host] >= l.limit {
		return false
	}
	l.open[host]++
	return true
}

func (l *hostLimit) remove(host netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host]--; l.open[host] == 0 {
		delete(l.open, host)
	}
}

// A countedConn counts against its host's limit until it is closed.
type countedConn struct {
	net.Conn
	remove func()
}

func (c countedConn) Close() error {
	defer c.remove()
	return c.Conn.Close()
}
