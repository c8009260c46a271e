package main

import (
	"net"
	"net/netip"
	"sync"

	"snomredirect/store"
)

// A hostLimit is a listener that takes so many connections of one host at a time
// and hangs up on further ones.
type hostLimit struct {
	net.Listener
	most int

	mu   sync.Mutex
	open map[netip.Prefix]int
}

func newHostLimit(l net.Listener, most int) *hostLimit {
	return &hostLimit{Listener: l, most: most, open: map[netip.Prefix]int{}}
}

func (l *hostLimit) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := store.HostOf(store.ClientAddr(conn.RemoteAddr().String()))
		if l.add(host) {
			return counted{conn, sync.OnceFunc(func() { l.drop(host) })}, nil
		}
		conn.Close()
	}
}

func (l *hostLimit) add(host netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host] >= l.most {
		return false
	}
	l.open[host]++
	return true
}

func (l *hostLimit) drop(host netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host]--; l.open[host] == 0 {
		delete(l.open, host)
	}
}

// A counted connection is one of its host's until it is closed.
type counted struct {
	net.Conn
	drop func()
}

func (c counted) Close() error {
	defer c.drop()
	return c.Conn.Close()
}
