package etcd

import (
	"context"
	"sync"
	"time"
)

// freshness lets those who want to know the head at the same time share one request, so
// that no number of clients makes more than one request at a time.
type freshness struct {
	mu      sync.Mutex
	next    *headRead  // that has not begun
	running sync.Mutex // held while one runs

	gaveUp, got time.Time // when the last Fresh began that gave up, and that did not
}

// ended notes how a Fresh that began at a time has ended.
func (f *freshness) ended(begun time.Time, got bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if got {
		f.got = later(f.got, begun)
	} else {
		f.gaveUp = later(f.gaveUp, begun)
	}
}

// stale reports whether a Fresh gave up, and none that began later did not.
func (f *freshness) stale() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gaveUp.After(f.got)
}

type headRead struct {
	done chan struct{}
	at   inspected
	err  error
}

// Fresh waits until the replica has all changes that were made before, on whichever node.
// It gives up after a second, and at once if etcd is away; then Stale tells. If ctx ends
// before that, nobody knows.
func (n *Node) Fresh(ctx context.Context) {
	begun := time.Now()
	if got := n.freshen(ctx); got || ctx.Err() == nil {
		n.fresh.ended(begun, got)
	}
}

func (n *Node) freshen(ctx context.Context) bool {
	if n.state.away(time.Now()) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, freshTime)
	defer cancel()
	r := n.nextRead()
	select {
	case <-r.done:
	case <-ctx.Done():
		return false
	}
	return r.err == nil && n.state.await(ctx, 0, func(s *state) bool { return s.whole && s.applied >= r.at.record.revision })
}

// nextRead returns the read of the head that begins next.
func (n *Node) nextRead() *headRead {
	f := &n.fresh
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = &headRead{done: make(chan struct{})}
		n.group.Go(func() {
			f.running.Lock()
			defer f.running.Unlock()
			f.mu.Lock()
			r := f.next
			f.next = nil
			f.mu.Unlock()
			r.at, r.err = n.readHead(n.ctx)
			close(r.done)
		})
	}
	return f.next
}
