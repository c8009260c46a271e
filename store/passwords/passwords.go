// Package passwords checks the passwords of accounts, for every door in the same
// way: whom a hash is worked out for, in which order, and how seldom.
//
// A hash takes some 30 ms of a core, and one is worked out at a time
// ([store.PasswordHash.Matches]). Tools ask for one phone at a time, thousands
// of times in a row, so a password that was right is remembered for a short
// while. And strangers may try as many as they like, so they wait for each other
// host by host: one host, however often it calls, keeps another waiting for one
// hash alone. Where they are too many they are refused, but for hosts from which
// a password was right that day: those wait.
package passwords

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"maps"
	"net/netip"
	"sync"
	"time"

	"snomredirect/store"
)

// Accounts is where accounts are looked up, as they stand at the time of the
// call. AccountNamed returns store.ErrNoAccount where there is none of a name;
// any other error is a failing store.
type Accounts interface {
	AccountNamed(store.Name) (store.Account, error)
}

// rememberFor is how long a password that was right is taken without a hash.
const rememberFor = 2 * time.Minute

// A host is known for a day from when a password was right, and so many are at a
// time.
const (
	knownFor = 24 * time.Hour
	maxKnown = 10_000
)

// A Checker checks passwords. Its methods may be called at the same time.
type Checker struct {
	accounts Accounts
	queue    queue
	matches  func(store.PasswordHash, string) bool // [store.PasswordHash.Matches]; a test counts

	key [sha256.Size]byte // of this process alone: what is remembered tells nothing to anybody else

	mu    sync.Mutex
	right map[store.AccountID]success
	known map[netip.Prefix]time.Time // until when
}

// A success is what is remembered of a password that was right: not the
// password, nor anything that it could be found from without the key.
type success struct {
	sum   [sha256.Size]byte
	hash  store.PasswordHash // that it matched
	until time.Time
}

// New returns a Checker of the passwords of accounts.
func New(accounts Accounts) *Checker {
	c := &Checker{
		accounts: accounts,
		queue:    newQueue(maxWaiting, maxWaitingAHost),
		matches:  store.PasswordHash.Matches,
		right:    map[store.AccountID]success{},
		known:    map[netip.Prefix]time.Time{},
	}
	_, _ = rand.Read(c.key[:]) // fails by ending the program
	return c
}

// Check returns the account that a name and a password let in, as it stands
// now; from is who asks. store.ErrDenied where they let nobody in, which takes
// the same time whether there is such an account, with a password, enabled, or
// not; store.ErrBusy where too many wait and from is not known; the error of ctx
// where that ends before it is this check's turn. Any other error is a failing
// store.
//
// A password that was right is remembered for two minutes, as long as the
// account is enabled and has the same password.
func (c *Checker) Check(ctx context.Context, name, password string, from netip.Addr) (store.Account, error) {
	a, sum, err := c.lookUp(name, password)
	if err != nil || c.remembers(a, sum) {
		return a, err
	}
	leave, err := c.queue.enter(ctx, from, c.knows(from))
	if err != nil {
		return store.Account{}, err
	}
	defer leave()
	// Meanwhile the account may have changed, and a tool that asks many things at
	// once may have been let in.
	if a, sum, err = c.lookUp(name, password); err != nil || c.remembers(a, sum) {
		return a, err
	}
	if !c.matches(a.PasswordHash, password) || a.Disabled {
		return store.Account{}, store.ErrDenied
	}
	c.remember(a, sum, from)
	return a, nil
}

// lookUp returns the account of a name, and what stands for the two in memory.
// The zero account stands for none, and lets nobody in.
func (c *Checker) lookUp(name, password string) (a store.Account, sum [sha256.Size]byte, err error) {
	n, err := store.ParseName(name)
	if err != nil {
		return a, sum, nil
	}
	a, err = c.accounts.AccountNamed(n)
	if errors.Is(err, store.ErrNoAccount) {
		return store.Account{}, sum, nil
	}
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte(name + "\x00" + password)) // no name has a zero byte
	return a, [sha256.Size]byte(mac.Sum(nil)), err
}

// remembers reports whether a, as it stands, was let in by the same password a
// short while ago.
func (c *Checker) remembers(a store.Account, sum [sha256.Size]byte) bool {
	c.mu.Lock()
	s, ok := c.right[a.ID]
	c.mu.Unlock()
	return ok && !a.Disabled && a.PasswordHash == s.hash && hmac.Equal(s.sum[:], sum[:]) && time.Now().Before(s.until)
}

// knows reports whether a password was right from there a while ago.
func (c *Checker) knows(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.known[store.HostOf(from)])
}

// remember notes a success: one for an account, and none that is over; and where
// it came from.
func (c *Checker) remember(a store.Account, sum [sha256.Size]byte, from netip.Addr) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.right, func(_ store.AccountID, s success) bool { return !now.Before(s.until) })
	maps.DeleteFunc(c.known, func(_ netip.Prefix, until time.Time) bool { return !now.Before(until) })
	c.right[a.ID] = success{sum, a.PasswordHash, now.Add(rememberFor)}
	if host := store.HostOf(from); len(c.known) < maxKnown || c.known[host] != (time.Time{}) {
		c.known[host] = now.Add(knownFor)
	}
}
