package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// silentTime bounds how long a client that has connected may be silent at the end.
const silentTime = 2 * time.Second

// underWay are the open connections of an HTTP server. At the end they show which
// clients are to be answered: net/http forgets those whose request it has not read.
type underWay struct {
	ending atomic.Bool // answers then close their connections
	mu     sync.Mutex
	states map[net.Conn]http.ConnState
}

// changed is the ConnState of the server.
func (u *underWay) changed(c net.Conn, s http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s == http.StateClosed || s == http.StateHijacked {
		delete(u.states, c)
	} else {
		u.states[c] = s
	}
}

// handler returns h with answers that close their connections at the end.
func (u *underWay) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u.ending.Load() {
			w.Header()["Connection"] = closing
		}
		h.ServeHTTP(w, r)
	})
}

// end waits until all who are sending a request have their answer, and until none that
// has connected is silent, or silentTime has passed. Then it closes the silent ones. It
// ends with ctx.
func (u *underWay) end(ctx context.Context) {
	begun, tick := time.Now(), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for {
		requests, silent := u.clients()
		if requests == 0 && (len(silent) == 0 || time.Since(begun) > silentTime) {
			for _, c := range silent {
				c.Close()
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// clients returns how many clients are sending a request or waiting for their answer,
// and the connections of those that never sent anything.
func (u *underWay) clients() (requests int, silent []net.Conn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c, state := range u.states {
		ever, now := false, false
		if limited := limitedConn(c); limited != nil {
			ever, now = limited.Heard()
		}
		switch {
		case state == http.StateNew && !ever:
			silent = append(silent, c)
		case state != http.StateIdle || now:
			requests++
		}
	}
	return requests, silent
}
