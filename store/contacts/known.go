package contacts

import (
	"snomredirect/macaddr"
	"snomredirect/store"
)

// A pair is a phone and a source.
type pair struct {
	mac    macaddr.Addr
	source store.Source
}

// pairs remembers at least the latest pairs of a number, and at most twice as many. An LRU
// of so many would be as many objects, which each garbage collection would look at while
// thousands of phones boot; maps without pointers are skipped.
type pairs struct {
	most             int
	latest, previous map[pair]struct{}
}

func newPairs(most int) pairs {
	return pairs{most: most, latest: map[pair]struct{}{}}
}

// add remembers a pair, as the latest.
func (s *pairs) add(p pair) {
	if _, ok := s.latest[p]; !ok && len(s.latest) >= s.most {
		s.previous, s.latest = s.latest, map[pair]struct{}{}
	}
	s.latest[p] = struct{}{}
}

// has reports whether a pair is remembered. One that is asked for is the latest again.
func (s *pairs) has(p pair) bool {
	if _, ok := s.latest[p]; ok {
		return true
	}
	_, ok := s.previous[p]
	if ok {
		s.add(p)
	}
	return ok
}
