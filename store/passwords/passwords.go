// Package passwords checks the passwords of accounts, in the same way for every
// protocol: it limits how many hashes are computed, and decides in which order.
//
// A hash takes some 30 ms of a core, and one is computed at a time
// ([store.PasswordHash.Matches]). Tools send one request per phone, thousands in a
// row, so a correct password is remembered for a short while. Anybody can try
// passwords, so checks are queued by host: one host, however many checks it
// starts, delays another one by a single hash. If too many checks are waiting,
// further ones are refused, except from hosts that sent a correct password in the
// last 24 hours: those wait.
package passwords

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"maps"
	"net/netip"
	"strings"
	"sync"
	"time"

	"snomredirect/store"
)

// Accounts looks up accounts, in their current state. AccountNamed returns
// store.ErrNoAccount if there is no account of that name; any other error means
// that the store failed.
type Accounts interface {
	AccountNamed(store.Name) (store.Account, error)
}

// rememberFor is how long a correct password is accepted without computing a hash.
const rememberFor = 2 * time.Minute

// A host is known for a day after it sent a correct password. At most maxKnown
// hosts are known at a time.
const (
	knownFor = 24 * time.Hour
	maxKnown = 10_000
)

// A Checker checks passwords. Its methods are safe for concurrent use.
type Checker struct {
	accounts Accounts
	queue    queue
	matches  func(store.PasswordHash, string) bool // [store.PasswordHash.Matches], unless a test counts calls

	key [sha256.Size]byte // random, so that the sums reveal nothing without this process's memory

	mu      sync.Mutex
	correct map[store.AccountID]success
	known   map[netip.Prefix]time.Time // until that time
}

// A success is what is remembered of a correct password: not the password, nor
// anything that reveals it without the key.
type success struct {
	sum   [sha256.Size]byte
	hash  store.PasswordHash // the hash that it matched
	until time.Time
}

// New returns a Checker for the passwords of accounts.
func New(accounts Accounts) *Checker {
	c := &Checker{
		accounts: accounts,
		queue:    newQueue(maxWaiting, maxWaitingAHost),
		matches:  store.PasswordHash.Matches,
		correct:  map[store.AccountID]success{},
		known:    map[netip.Prefix]time.Time{},
	}
	_, _ = rand.Read(c.key[:]) // never fails: crypto/rand ends the program instead
	return c
}

// Check returns the account that name and password log in, in its current state.
// from is the client's address. The error is store.ErrDenied if name or password
// is wrong or the account is disabled; the time this takes does not depend on
// whether the account exists, has a password or is enabled. It is store.ErrBusy if
// too many checks are waiting and from is not a known host, and ctx's error if ctx
// is done before this check is next. Any other error means that the store failed.
//
// A correct password is remembered for two minutes, as long as the account is
// enabled and has the same password.
func (c *Checker) Check(ctx context.Context, name, password string, from netip.Addr) (store.Account, error) {
	a, sum, err := c.lookUp(name, password)
	if err != nil || c.remembers(a, sum) {
		return a, err
	}
	leave, err := c.queue.enter(ctx, from, c.Known(from))
	if err != nil {
		return store.Account{}, err
	}
	defer leave()
	// In the meantime the account may have changed, or another request of the same
	// tool may have had the password checked.
	if a, sum, err = c.lookUp(name, password); err != nil || c.remembers(a, sum) {
		return a, err
	}
	if !c.matches(a.PasswordHash, password) || a.Disabled {
		return store.Account{}, store.ErrDenied
	}
	c.remember(a, sum, from)
	return a, nil
}

// lookUp returns the account of a name in any case, and the sum under which a correct password
// is remembered. If there is no such account, it returns the zero Account, which
// no password matches.
func (c *Checker) lookUp(name, password string) (a store.Account, sum [sha256.Size]byte, err error) {
	n, err := store.ParseName(strings.ToLower(name))
	if err != nil {
		return a, sum, nil
	}
	a, err = c.accounts.AccountNamed(n)
	if errors.Is(err, store.ErrNoAccount) {
		return store.Account{}, sum, nil
	}
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte(string(n) + "\x00" + password)) // names contain no zero byte
	return a, [sha256.Size]byte(mac.Sum(nil)), err
}

// remembers reports whether the same password was correct for a a short while ago
// and a can still log in with it.
func (c *Checker) remembers(a store.Account, sum [sha256.Size]byte) bool {
	c.mu.Lock()
	s, ok := c.correct[a.ID]
	c.mu.Unlock()
	return ok && !a.Disabled && a.PasswordHash == s.hash && hmac.Equal(s.sum[:], sum[:]) && time.Now().Before(s.until)
}

// Known reports whether from's host is known: it sent a correct password within a day.
func (c *Checker) Known(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.known[store.HostOf(from)])
}

// remember records a success, one per account, and the host it came from. It drops
// those that have expired.
func (c *Checker) remember(a store.Account, sum [sha256.Size]byte, from netip.Addr) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.correct, func(_ store.AccountID, s success) bool { return !now.Before(s.until) })
	maps.DeleteFunc(c.known, func(_ netip.Prefix, until time.Time) bool { return !now.Before(until) })
	c.correct[a.ID] = success{sum, a.PasswordHash, now.Add(rememberFor)}
	if host := store.HostOf(from); len(c.known) < maxKnown || c.known[host] != (time.Time{}) {
		c.known[host] = now.Add(knownFor)
	}
}
