// Package scan bounds how many MACs a client can guess. The answer to a phone shows
// whose customer it is and where its settings are, and a MAC is all that a request
// needs.
//
// Each source (an IPv4 address, or an IPv6 /48) has a budget of misses, and each IPv4
// /24 has four times as much. Both refill evenly. The first request of a source for a
// MAC costs a miss or, if the phone is registered, a tenth, because a range of
// registered phones is worth scanning too. Requests of a source for MACs that it is
// known to have are free, so phones boot again undisturbed. Without a whole miss left,
// a source gets answers only for the MACs that it is known to have.
package scan

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Bounds of the tables, which forget what was not used for longest: full budgets, or
// those of a client that has more sources than this.
const (
	maxSources  = 1 << 16
	maxNetworks = 1 << 14
)

// networkFactor is how many times the budget of a source a network of 256 has.
const networkFactor = 4

// hitPrice is what a request for a registered phone costs, in misses.
const hitPrice = 0.1

// throttledEvery is how often a source is logged while it is throttled.
const throttledEvery = time.Hour

// A Config is the configuration of a [Limiter]. Limit, Refill and Knows must be set.
type Config struct {
	Limit  int           // misses of a source
	Refill time.Duration // until a used-up budget is full again
	// Knows reports whether a source is known to have a phone: it got an answer for it
	// before, and was not throttled. It must take the same time for registered and
	// unregistered phones.
	Knows func(macaddr.Addr, store.Source) bool
	// Owner returns the account that has registered a phone, or store.ErrNotFound. It
	// is called in the background. If nil, Report is not called.
	Owner func(macaddr.Addr) (store.AccountID, error)
	// Report is called in the background with what owners should know of the requests
	// of a throttled source: at most once an hour for each owner and source.
	Report func([]store.Entry) error
	// Guard runs f, logs its panic if there is one, and reports whether f returned. If
	// nil, a panic in the background ends the program.
	Guard func(where string, f func()) (ok bool)
	// Log receives a line at info when a source is first throttled, and then at most
	// once an hour. If nil, nothing is logged.
	Log *slog.Logger
}

// A Limiter bounds the guesses of all sources. Its methods are safe for concurrent
// use.
type Limiter struct {
	config  Config
	asks    chan ask
	stop    context.CancelFunc
	stopped chan struct{}

	mu       sync.Mutex
	sources  *simplelru.LRU[store.Source, *budget]
	networks *simplelru.LRU[store.Source, *budget]
}

// A budget is what is left of the misses at a time.
type budget struct {
	left float64
	at   time.Time
	// throttled is when it was last logged that the source has none left.
	throttled time.Time
}

// New returns a Limiter that reports in the background until it is closed.
func New(c Config) *Limiter {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Guard == nil {
		c.Guard = func(_ string, f func()) bool { f(); return true }
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &Limiter{
		config:   c,
		asks:     make(chan ask, maxAsks),
		stop:     stop,
		stopped:  make(chan struct{}),
		sources:  newTable[*budget](maxSources),
		networks: newTable[*budget](maxNetworks),
	}
	go l.run(ctx)
	return l
}

// newTable returns a table of sources.
func newTable[V any](size int) *simplelru.LRU[store.Source, V] {
	table, err := simplelru.NewLRU[store.Source, V](size, nil)
	if err != nil {
		panic("scan: " + err.Error()) // only for a size of zero or less
	}
	return table
}

// Close reports what is still to be reported, and stops reporting.
func (l *Limiter) Close() {
	l.stop()
	<-l.stopped
}

// A Price is what a request has cost.
type Price uint8

// The prices.
const (
	Free Price = iota
	Miss
	TooMuch // the source has no whole miss left, and nothing was taken
)

// Take takes the price of a request for a MAC before the phone is looked up. A
// request that is doubtful, because it contradicts itself, is never free.
func (l *Limiter) Take(mac macaddr.Addr, from netip.Addr, doubtful bool) Price {
	source := store.SourceOf(from)
	if !doubtful && l.config.Knows(mac, source) {
		return Free
	}
	now := time.Now()
	price, fresh, first := l.take(source, now)
	if first {
		l.config.Log.Info("too many unknown MACs requested", "from", from)
	}
	if l.config.Owner != nil {
		select {
		case l.asks <- ask{mac, source, from, now, fresh, price == TooMuch}:
		default: // too many for the background: the phone does not wait
		}
	}
	return price
}

// take takes a miss from the budgets of a source and of its network, or from neither.
// fresh reports whether the source's was full; first, whether its being throttled is
// to be logged.
func (l *Limiter) take(source store.Source, now time.Time) (price Price, fresh, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.refill(l.sources, source, 1, now)
	fresh = of.left >= float64(l.config.Limit)
	all := &budget{left: 1}
	if network, ok := source.Network(); ok {
		all = l.refill(l.networks, network, networkFactor, now)
	}
	if of.left < 1 || all.left < 1 {
		first = of.throttled.IsZero() || now.Sub(of.throttled) >= throttledEvery
		if first {
			of.throttled = now
		}
		return TooMuch, fresh, first
	}
	of.left--
	all.left--
	return Miss, fresh, false
}

// Hit gives back what a miss of a source has cost more than a hit: the phone is
// registered.
func (l *Limiter) Hit(from netip.Addr) {
	source, now := store.SourceOf(from), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refill(l.sources, source, 1, now).left += 1 - hitPrice
	if network, ok := source.Network(); ok {
		l.refill(l.networks, network, networkFactor, now).left += 1 - hitPrice
	}
}

// refill returns the budget of a source, with what it has gained since it was last
// used.
func (l *Limiter) refill(table *simplelru.LRU[store.Source, *budget], source store.Source, factor int, now time.Time) *budget {
	full := float64(factor * l.config.Limit)
	b, ok := table.Get(source)
	if !ok {
		b = &budget{left: full, at: now}
		table.Add(source, b)
		return b
	}
	gained := full * float64(max(0, now.Sub(b.at))) / float64(l.config.Refill)
	b.left, b.at = min(full, b.left+gained), now
	return b
}
