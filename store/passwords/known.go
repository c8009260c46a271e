package passwords

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/store"
)

// A host is known for a day after an account logged in from it. A login within
// renewAfter of the one that is recorded changes nothing, so that a tool that logs in
// all the time causes no writes. If there are more than maxKnown, the oldest goes.
const (
	knownFor   = 24 * time.Hour
	renewAfter = time.Hour
	maxKnown   = 10_000
)

// knownHosts are the hosts from which accounts have logged in.
type knownHosts struct {
	mu      sync.Mutex
	logins  *simplelru.LRU[knownHost, time.Time] // the oldest first
	hosts   map[netip.Prefix]int                 // in how many of logins a host is
	changed bool                                 // since they were saved
}

type knownHost struct {
	account store.AccountID
	host    netip.Prefix
}

func newKnownHosts() *knownHosts {
	k := &knownHosts{hosts: map[netip.Prefix]int{}}
	k.logins = newLRU(maxKnown, func(gone knownHost, _ time.Time) {
		if k.hosts[gone.host]--; k.hosts[gone.host] == 0 {
			delete(k.hosts, gone.host)
		}
	})
	return k
}

// newLRU returns a table of a size, which must be positive.
func newLRU[K comparable, V any](size int, onEvict func(K, V)) *simplelru.LRU[K, V] {
	table, err := simplelru.NewLRU(size, onEvict)
	if err != nil {
		panic("passwords: " + err.Error()) // only for a size of zero or less
	}
	return table
}

// add records a login at a time, which must not be before that of an earlier call.
func (k *knownHosts) add(login knownHost, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropExpired(at)
	last, ok := k.logins.Peek(login)
	if ok && at.Sub(last) < renewAfter {
		return
	}
	if !ok {
		k.hosts[login.host]++
	}
	k.logins.Add(login, at)
	k.changed = true
}

// dropExpired drops the logins that are too old at a time.
func (k *knownHosts) dropExpired(now time.Time) {
	for {
		_, at, ok := k.logins.GetOldest()
		if !ok || now.Sub(at) < knownFor {
			return
		}
		k.logins.RemoveOldest()
		k.changed = true
	}
}

// has reports whether any account has logged in from a host.
func (k *knownHosts) has(host netip.Prefix) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropExpired(time.Now())
	return k.hosts[host] > 0
}

// hasLogin reports whether an account has logged in from a host.
func (k *knownHosts) hasLogin(login knownHost) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.logins.Peek(login)
	return ok && time.Since(at) < knownFor
}

// load adds stored logins. Those in the future are as of now: the clock was set back.
func (k *knownHosts) load(stored []store.KnownHost) {
	now := time.Now()
	for _, s := range stored {
		// Relative to now, which has a monotonic reading: a later change of the clock
		// does not count.
		k.add(knownHost{s.Account, store.HostOf(s.Host.Addr())}, now.Add(-max(0, now.Sub(s.At))))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dropExpired(now)
}

// unsaved lets the next snapshot return the logins again.
func (k *knownHosts) unsaved() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changed = true
}

// snapshot returns the logins to be saved, or ok false if they have not changed since
// the last call.
func (k *knownHosts) snapshot() (all []store.KnownHost, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	k.dropExpired(now)
	if !k.changed {
		return nil, false
	}
	k.changed = false
	for _, login := range k.logins.Keys() {
		at, _ := k.logins.Peek(login)
		all = append(all, store.KnownHost{Account: login.account, Host: login.host, At: now.Add(-now.Sub(at))})
	}
	return all, true
}

// Known reports whether an account has logged in from the host of an address within
// the last day.
func (c *Checker) Known(from netip.Addr) bool { return c.known.has(store.HostOf(from)) }

// Remember records that an account has logged in from an address, with a key too.
// Check calls it for each password that it finds correct.
func (c *Checker) Remember(account store.AccountID, from netip.Addr) {
	now := time.Now()
	c.known.add(knownHost{account, store.HostOf(from)}, now)
	c.last.add(account, from, now.UTC().Truncate(time.Millisecond))
}
