package sraps

import (
	"context"
	"sync"

	"snomredirect/store"
)

// maxConcurrent bounds the calls of one account that are answered at the same time;
// further calls wait. Each can take the memory of a page of its phones, some 4 MiB.
const maxConcurrent = 4

// A limiter bounds the concurrent calls of each account. The zero value is ready
// to use.
type limiter struct {
	mu       sync.Mutex
	accounts map[store.AccountID]*slots
}

// slots are the concurrent calls that one account may make.
type slots struct {
	taken chan struct{} // one element for each running call
	calls int           // running and waiting
}

// acquire waits until the account may run another call. The call runs until
// release is called. If ctx ends first, acquire returns its error.
func (l *limiter) acquire(ctx context.Context, account store.AccountID) (release func(), err error) {
	l.mu.Lock()
	if l.accounts == nil {
		l.accounts = map[store.AccountID]*slots{}
	}
	s := l.accounts[account]
	if s == nil {
		s = &slots{taken: make(chan struct{}, maxConcurrent)}
		l.accounts[account] = s
	}
	s.calls++
	l.mu.Unlock()
	forget := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if s.calls--; s.calls == 0 {
			delete(l.accounts, account)
		}
	}
	select {
	case s.taken <- struct{}{}:
		return func() { <-s.taken; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
