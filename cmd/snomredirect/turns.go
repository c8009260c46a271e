package main

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"snomredirect/store"
)

// turns bounds how many pages of phones and of the history are read at the same
// time, in all sessions and calls: those that wait for their turn use no CPU, of
// which phones need a share at once. Accounts take turns with each other, and so do
// the sessions of an account.
type turns struct {
	mu      sync.Mutex
	free    int
	order   []store.AccountID // accounts with readers that wait, the next one first
	waiting map[store.AccountID][]chan struct{}
}

// newTurns returns turns for half of the CPUs.
func newTurns() *turns {
	return &turns{free: max(1, runtime.GOMAXPROCS(0)/2), waiting: map[store.AccountID][]chan struct{}{}}
}

// take waits for a turn of an account. It lasts until done is called, once. If ctx
// ends first, take returns its error.
func (t *turns) take(ctx context.Context, account store.AccountID) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return t.pass, nil
	}
	turn := make(chan struct{})
	if len(t.waiting[account]) == 0 {
		t.order = append(t.order, account)
	}
	t.waiting[account] = append(t.waiting[account], turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return t.pass, nil
	case <-ctx.Done():
		if !t.leave(account, turn) { // it came at the same time
			t.pass()
		}
		return nil, ctx.Err()
	}
}

// pass gives a turn to the next one that waits.
func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.free++
		return
	}
	account := t.order[0]
	t.order = t.order[1:]
	queue := t.waiting[account]
	close(queue[0])
	if queue = queue[1:]; len(queue) > 0 {
		t.waiting[account] = queue
		t.order = append(t.order, account)
	} else {
		delete(t.waiting, account)
	}
}

// leave takes back what take has queued, or reports false if its turn has come.
func (t *turns) leave(account store.AccountID, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting[account], turn)
	if i < 0 {
		return false
	}
	if t.waiting[account] = slices.Delete(t.waiting[account], i, i+1); len(t.waiting[account]) == 0 {
		delete(t.waiting, account)
		t.order = slices.DeleteFunc(t.order, func(id store.AccountID) bool { return id == account })
	}
	return true
}
