package scan

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Bounds of what is remembered for owners. A MAC takes 8 bytes.
const (
	maxAsks    = 1 << 12 // requests that wait to be looked at
	maxScans   = 1 << 11 // sources
	maxScanned = 1 << 10 // MACs of registered phones that a source has requested
)

// reportEvery is how soon an owner can see that a source is throttled.
const reportEvery = 5 * time.Second

// ownerEvery is how often an owner gets an entry about a source.
const ownerEvery = time.Hour

// An ask is a request that was not free.
type ask struct {
	mac       macaddr.Addr
	source    store.Source
	from      netip.Addr
	at        time.Time
	fresh     bool // the source's budget was full before
	throttled bool
}

// A scan is what a source has requested since its budget was last full.
type scan struct {
	from      netip.Addr // of the last request
	asked     int
	throttled bool
	last      time.Time                          // of the last request
	requested []macaddr.Addr                     // not looked up yet, because it was not throttled
	kept      int                                // how many MACs are in phones
	phones    map[store.AccountID][]macaddr.Addr // nil if there are none
	reported  map[store.AccountID]time.Time      // nil if nothing was
}

// run gathers what the sources request, and reports it, until ctx is done, and then
// reports once more.
func (l *Limiter) run(ctx context.Context) {
	defer close(l.stopped)
	scans := newTable[*scan](maxScans)
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	failing := false
	report := func() {
		l.config.Guard("reporting scans", func() {
			err := l.report(scans, time.Now())
			if err != nil && !failing {
				l.config.Log.Error("reporting scans failed, retrying", "every", reportEvery, "error", err)
			}
			failing = err != nil
		})
	}
	for {
		select {
		case a := <-l.asks:
			l.config.Guard("scans", func() { l.gather(scans, a) })
		case <-tick.C:
			report()
		case <-ctx.Done():
			for len(l.asks) > 0 {
				l.config.Guard("scans", func() { l.gather(scans, <-l.asks) })
			}
			report()
			return
		}
	}
}

// gather remembers a request. Whose phone it was for is looked up once the source is
// throttled, or if there are many: most sources are phones that boot.
func (l *Limiter) gather(scans *simplelru.LRU[store.Source, *scan], a ask) {
	s, ok := scans.Get(a.source)
	if !ok {
		s = &scan{}
		scans.Add(a.source, s)
	}
	if !ok || a.fresh && !a.throttled { // if its network is throttled, its own budget stays full
		s.asked, s.requested, s.kept, s.throttled, s.phones = 0, nil, 0, false, nil
	}
	s.from, s.last = a.from, a.at
	s.asked++
	s.throttled = s.throttled || a.throttled
	if s.kept >= maxScanned {
		return
	}
	s.requested = append(s.requested, a.mac)
	if s.throttled || len(s.requested) >= maxScanned {
		l.lookUp(s)
	}
}

// lookUp finds the owners of the phones that a source has requested.
func (l *Limiter) lookUp(s *scan) {
	macs := s.requested
	s.requested = s.requested[:0] // even if a look-up panics
	for _, mac := range macs {
		owner, err := l.config.Owner(mac)
		if err != nil || s.kept >= maxScanned {
			continue
		}
		if s.phones == nil {
			s.phones = map[store.AccountID][]macaddr.Addr{}
		}
		s.phones[owner] = append(s.phones[owner], mac)
		s.kept++
	}
}

// report reports the phones that throttled sources have requested, each to its owner,
// if the owner's last entry about the source is old enough. What can't be reported is
// kept.
func (l *Limiter) report(scans *simplelru.LRU[store.Source, *scan], now time.Time) error {
	for _, s := range scans.Values() {
		if !s.throttled {
			continue
		}
		maps.DeleteFunc(s.reported, func(_ store.AccountID, last time.Time) bool { return now.Sub(last) >= ownerEvery })
		var entries []store.Entry
		for owner, macs := range s.phones {
			if _, recently := s.reported[owner]; recently {
				continue
			}
			slices.SortFunc(macs, macaddr.Addr.Compare)
			entries = append(entries, store.Entry{
				Account: owner,
				Audit: store.Audit{
					Begun: s.last, RemoteAddr: s.from.String(), Command: store.CommandScan, Detail: fmt.Sprintf("among %d requests for unknown MACs", s.asked),
				},
				MACs: macaddr.Ranges(macs),
			})
		}
		if len(entries) == 0 {
			continue
		}
		if err := l.config.Report(entries); err != nil {
			return err
		}
		if s.reported == nil {
			s.reported = map[store.AccountID]time.Time{}
		}
		for _, e := range entries {
			s.kept -= len(s.phones[e.Account])
			delete(s.phones, e.Account)
			s.reported[e.Account] = now
		}
	}
	return nil
}
