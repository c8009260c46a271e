package bolt

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"snomredirect/store"
)

// A takenLimit bounds how often each account learns that a phone is another's
// ([store.MaxTaken]). It is kept in memory, because dry runs count and write nothing.
// The zero value is ready to use.
type takenLimit struct {
	mu       sync.Mutex
	accounts map[store.AccountID]*rate.Limiter // those that have learned it
}

// check returns store.ErrTooManyTaken if by may not learn now whose phone p is. If p
// is another account's, it counts.
func (l *takenLimit) check(by store.Account, p store.Phone) error {
	if p.Owner == by.ID || by.Operates() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.accounts[by.ID]
	switch {
	case left == nil && p.Owner == 0:
		return nil
	case left == nil:
		if l.accounts == nil {
			l.accounts = map[store.AccountID]*rate.Limiter{}
		}
		left = rate.NewLimiter(rate.Every(24*time.Hour/store.MaxTaken), store.MaxTaken)
		l.accounts[by.ID] = left
	}
	// Beyond the limit, a phone that nobody has gets the same answer.
	if left.Tokens() < 1 {
		return store.ErrTooManyTaken
	}
	if p.Owner != 0 {
		left.Allow()
	}
	return nil
}

// MayKnow returns store.ErrTooManyTaken if an account may not learn now whose phone p
// is, because it has learned of too many that are others'. If p is another account's,
// or on hold for it, this counts.
func (db *DB) MayKnow(by store.Account, p store.Phone) error { return db.taken.check(by, p) }
