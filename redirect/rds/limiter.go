package rds

import (
	"context"
	"sync"

	"snomredirect/store"
)

// maxAtOnce bounds the calls of one account that are read or answered at a time;
// others wait. Each may hold a call of 4 MiB, or the MACs of all its phones.
const maxAtOnce = 4

// limiter are the calls of each account. The zero value works.
type limiter struct {
	mu       sync.Mutex
	accounts map[store.AccountID]*slots
}

type slots struct {
	taken chan struct{} // as full as calls are under way
	calls int           // these, and those that wait
}

// enter waits until the account may call, which it does until leave is called,
// or for ctx to end.
func (ts *limiter) enter(ctx context.Context, account store.AccountID) (leave func(), err error) {
	ts.mu.Lock()
	if ts.accounts == nil {
		ts.accounts = map[store.AccountID]*slots{}
	}
	t := ts.accounts[account]
	if t == nil {
		t = &slots{taken: make(chan struct{}, maxAtOnce)}
		ts.accounts[account] = t
	}
	t.calls++
	ts.mu.Unlock()
	drop := func() {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if t.calls--; t.calls == 0 {
			delete(ts.accounts, account)
		}
	}
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; drop() }, nil
	case <-ctx.Done():
		drop()
		return nil, ctx.Err()
	}
}
