package passwords

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/store"
)

// After freeFailures wrong passwords, the next check of the same host waits a
// second after the last one, then two, four, up to maxDelay; likewise the checks of
// the same name. SSH gives a login 30 seconds, and a call of a tool 20: the longest
// delay fits in both. Failures are forgotten after forgetAfter without another.
const (
	freeFailures = 3
	firstDelay   = time.Second
	maxDelay     = 10 * time.Second
	forgetAfter  = 15 * time.Minute
)

// Bounds on what is remembered of failures, and on the checks that wait for a delay.
// Known hosts wait in any case.
const (
	maxFailures      = 1 << 14 // hosts, and names
	maxDelayed       = 512
	maxDelayedAHost  = 16
	maxNameInFailure = 256 // bytes; no account has a longer name
)

// A nameSum stands for the name in a check, in any case. It is made of names that no
// account has too, so that a delay tells nothing of accounts.
type nameSum [sha256.Size]byte

func (c *Checker) nameSum(name string) nameSum {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("name\x00" + strings.ToLower(name[:min(len(name), maxNameInFailure)])))
	return nameSum(mac.Sum(nil))
}

// failures are the wrong passwords of a host or of a name.
type failures struct {
	count int
	last  time.Time
	name  nameSum // of the last one
	names bool    // there were several names
}

// due returns how long the next check has to wait.
func (f failures) due(now time.Time) time.Duration {
	if f.count < freeFailures || now.Sub(f.last) >= forgetAfter {
		return 0
	}
	delay := maxDelay
	if n := f.count - freeFailures; n < 4 {
		delay = min(delay, firstDelay<<n)
	}
	return f.last.Add(delay).Sub(now)
}

// delays delay checks after wrong passwords.
type delays struct {
	mu      sync.Mutex
	hosts   *simplelru.LRU[netip.Prefix, failures]
	names   *simplelru.LRU[nameSum, failures]
	waiting map[netip.Prefix]int
	total   int
}

func newDelays() *delays {
	return &delays{
		hosts:   newLRU[netip.Prefix, failures](maxFailures, nil),
		names:   newLRU[nameSum, failures](maxFailures, nil),
		waiting: map[netip.Prefix]int{},
	}
}

// ofHost returns how long the next check of a host has to wait.
func (d *delays) ofHost(host netip.Prefix) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, _ := d.hosts.Get(host)
	return f.due(time.Now())
}

// ofName returns how long a check of a name has to wait.
func (d *delays) ofName(name nameSum) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, _ := d.names.Get(name)
	return f.due(time.Now())
}

// failed records a wrong password.
func (d *delays) failed(host netip.Prefix, name nameSum) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	next := func(f failures) failures {
		if now.Sub(f.last) >= forgetAfter {
			f = failures{}
		}
		return failures{f.count + 1, now, name, f.names || f.count > 0 && f.name != name}
	}
	ofHost, _ := d.hosts.Get(host)
	d.hosts.Add(host, next(ofHost))
	ofName, _ := d.names.Get(name)
	d.names.Add(name, next(ofName))
}

// succeeded forgets the failures of a host, unless they were with other names too: a
// partner could try passwords of others between logins of its own. Those of the name
// are kept, so that nobody else can see that it has logged in; its host is known now.
func (d *delays) succeeded(host netip.Prefix, name nameSum) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := d.hosts.Peek(host); ok && !f.names && f.name == name {
		d.hosts.Remove(host)
	}
}

// wait waits for a time. The error is store.ErrBusy if too many checks wait and the
// host is not known, or ctx's error if ctx is done first.
func (d *delays) wait(ctx context.Context, host netip.Prefix, known bool, delay time.Duration) error {
	if delay <= 0 {
		return nil
	}
	d.mu.Lock()
	if !known && (d.total >= maxDelayed || d.waiting[host] >= maxDelayedAHost) {
		d.mu.Unlock()
		return store.ErrBusy
	}
	d.total++
	d.waiting[host]++
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.total--
		if d.waiting[host]--; d.waiting[host] == 0 {
			delete(d.waiting, host)
		}
	}()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
