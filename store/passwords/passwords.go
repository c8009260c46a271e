// Package passwords checks the passwords of accounts, in the same way for every
// protocol: it limits how many hashes are computed, and decides in which order.
//
// A hash takes some 30 ms of a core, and one is computed at a time
// ([store.PasswordHash.Matches]). Tools send one request per phone, thousands in a
// row, so a correct password is remembered for a short while. Anybody can try
// passwords, so checks are queued by host: one host, however many checks it
// starts, delays another one by a single hash. If too many checks are waiting,
// further ones are refused, except from hosts from which an account logged in within
// the last 24 hours: those wait.
//
// Wrong passwords delay the next checks of the same host, and of the same name from
// hosts that are not known for it. No delay locks an account out: it is at most ten
// seconds, others can't cause it for a known host, a remembered password is accepted
// at once, and keys are not checked here.
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

// Accounts looks up accounts, in their current state. The error is
// store.ErrNoAccount if there is no such account; any other error means that the
// store failed.
type Accounts interface {
	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
}

// rememberFor is how long a correct password is accepted without computing a hash.
const rememberFor = 2 * time.Minute

// A Checker checks passwords. Its methods are safe for concurrent use.
type Checker struct {
	accounts Accounts
	queue    queue
	delays   *delays
	known    *knownHosts
	last     lastLogins
	matches  func(store.PasswordHash, string) bool // [store.PasswordHash.Matches], unless a test counts calls

	key [sha256.Size]byte // random, so that the sums reveal nothing without this process's memory

	mu      sync.Mutex
	correct map[store.AccountID]success
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
		delays:   newDelays(),
		known:    newKnownHosts(),
		last:     lastLogins{of: map[store.AccountID]store.Login{}},
		matches:  store.PasswordHash.Matches,
		correct:  map[store.AccountID]success{},
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
	host, tried := store.HostOf(from), c.nameSum(name)
	leave, err := c.turn(ctx, from, tried, c.known.hasLogin(knownHost{a.ID, host}))
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
		c.delays.failed(host, tried)
		return store.Account{}, store.ErrDenied
	}
	c.delays.succeeded(host, tried)
	c.remember(a, sum)
	c.Remember(a.ID, from)
	return a, nil
}

// Refuse refuses a client that has proved nothing by other means than a password, such as
// a wrong signature. name is what it claims to be, which is no account's name. Refuse
// waits as a check of a wrong password of that name would, counts as one, and then returns
// store.ErrDenied; it returns store.ErrBusy or ctx's error as Check does.
func (c *Checker) Refuse(ctx context.Context, name string, from netip.Addr) error {
	tried := c.nameSum(name)
	leave, err := c.turn(ctx, from, tried, false)
	if err != nil {
		return err
	}
	defer leave()
	c.delays.failed(store.HostOf(from), tried)
	return store.ErrDenied
}

// turn waits for the delays of a check and then in the queue, until leave is called.
// trusted reports whether the host is known for the account: then what others did to
// the account doesn't delay it.
func (c *Checker) turn(ctx context.Context, from netip.Addr, tried nameSum, trusted bool) (leave func(), err error) {
	host, known := store.HostOf(from), c.Known(from)
	delay := c.delays.ofHost(host)
	if !trusted {
		delay = max(delay, c.delays.ofName(tried))
	}
	for {
		if err := c.delays.wait(ctx, host, known, delay); err != nil {
			return nil, err
		}
		if leave, err = c.queue.enter(ctx, from, known); err != nil {
			return nil, err
		}
		// The host's checks take turns, so this sees the failures of those before it.
		// The delay of the name is waited for only once: many hosts that try a name
		// must not keep its owner waiting.
		if delay = c.delays.ofHost(host); delay <= 0 || trusted {
			return leave, nil
		}
		leave()
	}
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

// remember records a success, one per account. It drops those that have expired.
func (c *Checker) remember(a store.Account, sum [sha256.Size]byte) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.correct, func(_ store.AccountID, s success) bool { return !now.Before(s.until) })
	c.correct[a.ID] = success{sum, a.PasswordHash, now.Add(rememberFor)}
}
