package passwords

import (
	"context"
	"net/netip"
	"sync"

	"snomredirect/store"
)

// Bounds on checks of hosts that are not known, that wait or are under way.
const (
	maxWaiting      = 256
	maxWaitingAHost = 16
)

// A queue gives a turn to one check at a time: to hosts in the order they came,
// and to each of them for one check, whose others wait until that is done. So a
// host that asks much waits for itself.
type queue struct {
	turn        chan struct{} // full while it is somebody's; who waits is served in order
	most, aHost int
	mu          sync.Mutex
	hosts       map[netip.Prefix]*host
	waiting     int
}

// A host is one that has checks in the queue.
type host struct {
	turn    chan struct{} // full while one of its checks stands in the common line
	waiting int
}

func newQueue(most, aHost int) queue {
	return queue{turn: make(chan struct{}, 1), most: most, aHost: aHost, hosts: map[netip.Prefix]*host{}}
}

// enter waits for a turn, which lasts until leave is called. store.ErrBusy where
// too many wait already and from is not known, or ctx's error where that ends
// first.
func (q *queue) enter(ctx context.Context, from netip.Addr, known bool) (leave func(), err error) {
	name := store.HostOf(from)
	h := q.add(name, known)
	if h == nil {
		return nil, store.ErrBusy
	}
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		q.drop(name, h)
		return nil, ctx.Err()
	}
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		<-h.turn
		q.drop(name, h)
		return nil, ctx.Err()
	}
	return func() {
		<-q.turn
		<-h.turn
		q.drop(name, h)
	}, nil
}

// add counts a check to its host, or returns nil where there is no room.
func (q *queue) add(name netip.Prefix, known bool) *host {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.hosts[name]
	if !known && (q.waiting >= q.most || h != nil && h.waiting >= q.aHost) {
		return nil
	}
	if h == nil {
		h = &host{turn: make(chan struct{}, 1)}
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
