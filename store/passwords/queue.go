package passwords

import (
	"context"
	"net/netip"
	"sync"

	"snomredirect/store"
)

// Bounds on the waiting and running checks from which on those of unknown hosts are
// refused.
const (
	maxWaiting      = 256
	maxWaitingAHost = 16
)

// A queue runs one check at a time. Each host can have one check in the common
// line, which is served in order; its other checks wait until that one is done. A
// host with many checks therefore delays only itself.
type queue struct {
	running      chan struct{} // full while a check runs; waiting senders are served in order
	limit, aHost int           // bounds on the checks of all hosts and of one
	mu           sync.Mutex
	hosts        map[netip.Prefix]*host
	waiting      int // including the running one
}

// A host is a host with checks in the queue.
type host struct {
	inLine  chan struct{} // full while one of its checks is in the common line
	waiting int
}

func newQueue(limit, aHost int) queue {
	return queue{running: make(chan struct{}, 1), limit: limit, aHost: aHost, hosts: map[netip.Prefix]*host{}}
}

// enter waits until the caller's check may run, which lasts until it calls leave.
// The error is store.ErrBusy if too many checks are waiting and the host is not
// known, or ctx's error if ctx is done first.
func (q *queue) enter(ctx context.Context, from netip.Addr, known bool) (leave func(), err error) {
	name := store.HostOf(from)
	h := q.add(name, known)
	if h == nil {
		return nil, store.ErrBusy
	}
	select {
	case h.inLine <- struct{}{}:
	case <-ctx.Done():
		q.drop(name, h)
		return nil, ctx.Err()
	}
	select {
	case q.running <- struct{}{}:
	case <-ctx.Done():
		<-h.inLine
		q.drop(name, h)
		return nil, ctx.Err()
	}
	return func() {
		<-q.running
		<-h.inLine
		q.drop(name, h)
	}, nil
}

// add adds a check to its host. It returns nil if too many are waiting.
func (q *queue) add(name netip.Prefix, known bool) *host {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.hosts[name]
	if !known && (q.waiting >= q.limit || h != nil && h.waiting >= q.aHost) {
		return nil
	}
	if h == nil {
		h = &host{inLine: make(chan struct{}, 1)}
		q.hosts[name] = h
	}
	q.waiting++
	h.waiting++
	return h
}

func (q *queue) drop(name netip.Prefix, h *host) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting--
	if h.waiting--; h.waiting == 0 {
		delete(q.hosts, name)
	}
}
