package files

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"snomredirect/store"
)

// Bounds of what is filled in and not received yet: each phone has a copy of its own in
// memory. They are an account's, so that its phones wait for no other account's.
const (
	maxInFlight = 16 << 20 // bytes
	flightWait  = 10 * time.Second
)

// errInFlight means that a phone has waited for too long.
var errInFlight = errors.New("too much of the account's files is being received")

// inFlight bounds what is filled in, by account. Its methods are safe for concurrent use.
type inFlight struct {
	mu       sync.Mutex
	accounts map[store.AccountID]*flight // that have some, or wait
}

type flight struct {
	*semaphore.Weighted
	n int // requests
}

// take waits until an account may fill in so many bytes, until land is called. The error is
// errInFlight, or ctx's.
func (f *inFlight) take(ctx context.Context, account store.AccountID, size int) (land func(), err error) {
	a := f.join(account)
	waits, cancel := context.WithTimeoutCause(ctx, flightWait, errInFlight)
	defer cancel()
	if a.Acquire(waits, int64(size)) != nil {
		f.leave(account, a)
		return nil, context.Cause(waits)
	}
	return func() { a.Release(int64(size)); f.leave(account, a) }, nil
}

func (f *inFlight) join(account store.AccountID) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.accounts[account]
	if a == nil {
		a = &flight{Weighted: semaphore.NewWeighted(maxInFlight)}
		f.accounts[account] = a
	}
	a.n++
	return a
}

func (f *inFlight) leave(account store.AccountID, a *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.n--; a.n == 0 {
		delete(f.accounts, account)
	}
}
