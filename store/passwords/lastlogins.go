package passwords

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"snomredirect/store"
)

// lastLogins has the last login of each account that ever logged in.
type lastLogins struct {
	mu      sync.Mutex
	of      map[store.AccountID]store.Login
	changed bool // since they were saved
}

func (l *lastLogins) add(account store.AccountID, from netip.Addr, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[account] = store.Login{Account: account, From: from, At: at}
	l.changed = true
}

// load adds stored logins.
func (l *lastLogins) load(stored []store.Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range stored {
		l.of[s.Account] = s
	}
}

// dropGone drops the logins of accounts that do not exist any more.
func (l *lastLogins) dropGone(accounts Accounts) {
	l.mu.Lock()
	all := slices.Collect(maps.Keys(l.of))
	l.mu.Unlock()
	for _, id := range all {
		if _, err := accounts.Account(id); errors.Is(err, store.ErrNoAccount) {
			l.mu.Lock()
			delete(l.of, id)
			l.changed = true
			l.mu.Unlock()
		}
	}
}

// snapshot returns the logins to be saved, or ok false if there were none since the last
// call.
func (l *lastLogins) snapshot() (all []store.Login, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.changed {
		return nil, false
	}
	l.changed = false
	return slices.Collect(maps.Values(l.of)), true
}

// unsaved lets the next snapshot return the logins again.
func (l *lastLogins) unsaved() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = true
}

// LastLogin returns the last login of an account by any protocol, or ok false if none is
// known.
func (c *Checker) LastLogin(account store.AccountID) (last store.Login, ok bool) {
	c.last.mu.Lock()
	defer c.last.mu.Unlock()
	last, ok = c.last.of[account]
	return last, ok
}
