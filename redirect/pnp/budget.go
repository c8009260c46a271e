package pnp

import (
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// The budgets. A phone that boots sends one SUBSCRIBE, at most ten retransmissions in
// 32 seconds (RFC 3261, 17.1.2.2) and a response to each NOTIFY. All have enough for
// some thousand phones that boot after a power cut: those that come too early retry.
const (
	sourceRate  rate.Limit = 2 // datagrams a second
	sourceBurst            = 20
	allRate     rate.Limit = 1000 // SUBSCRIBEs a second
	allBurst               = 2000
)

// maxSources bounds the table of sources, which forgets what was not heard of for
// longest.
const maxSources = 1 << 14

// A budget bounds how many datagrams are read of each source, and how many SUBSCRIBEs
// are answered in all. It must not be used concurrently.
type budget struct {
	sources *simplelru.LRU[netip.Addr, *rate.Limiter]
	all     *rate.Limiter
}

func newBudget() *budget {
	return &budget{newTable[netip.Addr, *rate.Limiter](maxSources, nil), rate.NewLimiter(allRate, allBurst)}
}

// ofSource takes a datagram of a source from its budget, and reports whether there was
// one left.
func (b *budget) ofSource(source netip.Addr, now time.Time) bool {
	limiter, ok := b.sources.Get(source)
	if !ok {
		limiter = rate.NewLimiter(sourceRate, sourceBurst)
		b.sources.Add(source, limiter)
	}
	return limiter.AllowN(now, 1)
}

// ofAll takes a SUBSCRIBE from the budget of all.
func (b *budget) ofAll(now time.Time) bool { return b.all.AllowN(now, 1) }

// newTable returns a table that calls evicted, if not nil, with what it forgets.
func newTable[K comparable, V any](size int, evicted func(K, V)) *simplelru.LRU[K, V] {
	table, err := simplelru.NewLRU(size, evicted)
	if err != nil {
		panic("pnp: " + err.Error()) // only for a size of zero or less
	}
	return table
}
