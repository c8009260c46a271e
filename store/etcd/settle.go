package etcd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"snomredirect/store"
)

// findOut finds out what became of a change to which etcd did not reply. If the change was made,
// the first head after the one that it found has its token. If there is no such head yet, the
// node makes one: then the change can't be made any more.
func (n *Node) findOut(cause error) (again bool, result error) {
	ctx, cancel := context.WithTimeout(n.ctx, settleTime)
	defer cancel()
	n.state.mu.Lock()
	sought := n.state.sought
	n.state.mu.Unlock()
	for ctx.Err() == nil {
		n.state.mu.Lock()
		found, stored, lost := sought.found, sought.stored, sought.lost
		n.state.mu.Unlock()
		switch {
		case lost:
			return false, fmt.Errorf("%w: %w", store.ErrUnknown, cause)
		case found != 0 && !stored:
			return true, nil
		case found != 0:
			if n.state.await(ctx, 0, func(s *state) bool { return s.applied >= found }) {
				return false, nil
			}
			continue
		}
		if n.fence(ctx, sought.after) {
			return true, nil
		}
		n.state.await(ctx, retryEvery, func(*state) bool { return sought.found != 0 || sought.lost })
	}
	n.config.Log.Error("it is not known whether a change was stored in etcd", "error", cause)
	return false, fmt.Errorf("%w: %w", store.ErrUnknown, cause)
}

// fence changes only the head, if it is still that of a revision, and reports whether it
// did.
func (n *Node) fence(ctx context.Context, at int64) bool {
	r, err := n.swap(ctx, change{guard: headKey, at: at, writes: []write{n.newHead(rand.Text())}})
	if err != nil || !r.ok {
		if err != nil && !errors.Is(err, context.Canceled) {
			n.config.Log.Debug("etcd", "error", err)
		}
		return false
	}
	n.state.set(func(s *state) { s.head = max(s.head, r.revision) })
	return true
}
