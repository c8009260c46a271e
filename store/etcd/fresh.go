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
}

type headRead struct {
	done chan struct{}
	at   inspected
	err  error
}

// Fresh waits until the replica has all changes that were made before, on whichever node.
// It gives up after a second, and at once if etcd is away.
func (n *Node) Fresh(ctx context.Context) {
	if n.state.away(time.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, freshTime)
	defer cancel()
	r := n.nextRead()
	select {
	case <-r.done:
	case <-ctx.Done():
		return
	}
	if r.err == nil {
		n.state.await(ctx, 0, func(s *state) bool { return s.whole && s.applied >= r.at.record.revision })
	}
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
