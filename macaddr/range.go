package macaddr

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// A Range is the addresses from First to Last, both included, within one OUI
// (the first three bytes). The zero Range is none.
type Range struct{ First, Last Addr }

const ouiBits = 24

var (
	errRangeEnds = errors.New("the range ends before it starts: expected first-last, such as 0004132202E0-0004132202FF")
	errRangeOUI  = errors.New("the range crosses into another vendor's addresses: expected one within the same first six digits")
)

// ParseShortRange reads one address as [ParseShort] does, which is a range of
// its own, or two with a '-' between them.
func ParseShortRange(s string) (Range, error) {
	a, err := ParseShort(s)
	if err == nil {
		return Range{a, a}, nil
	}
	first, last, ok := cutMiddleDash(s)
	if !ok {
		return Range{}, err
	}
	var r Range
	if r.First, err = ParseShort(first); err != nil {
		return Range{}, err
	}
	if r.Last, err = ParseShort(last); err != nil {
		return Range{}, err
	}
	switch {
	case r.Last.n < r.First.n:
		return Range{}, errRangeEnds
	case r.Last.n>>ouiBits != r.First.n>>ouiBits:
		return Range{}, errRangeOUI
	}
	return r, nil
}

// cutMiddleDash cuts s at the dash with as many before it as behind: addresses
// may be written with dashes themselves.
func cutMiddleDash(s string) (before, behind string, ok bool) {
	n := strings.Count(s, "-")
	if n%2 == 0 {
		return "", "", false
	}
	at := -1
	for range n/2 + 1 {
		at += 1 + strings.IndexByte(s[at+1:], '-')
	}
	return s[:at], s[at+1:], true
}

// Len returns how many addresses r holds.
func (r Range) Len() int {
	if !r.First.IsValid() {
		return 0
	}
	return int(r.Last.n - r.First.n + 1)
}

// Contains reports whether a is in r.
func (r Range) Contains(a Addr) bool { return r.First.n <= a.n && a.n <= r.Last.n && a.IsValid() }

// At returns the address at index i, from 0 to Len()-1; it panics at another.
func (r Range) At(i int) Addr {
	if i < 0 || i >= r.Len() {
		panic(fmt.Sprintf("macaddr: index %d of %v", i, r))
	}
	return Addr{r.First.n + uint64(i)}
}

// All returns the addresses of r in order.
func (r Range) All() iter.Seq[Addr] {
	return func(yield func(Addr) bool) {
		for i := range r.Len() {
			if !yield(Addr{r.First.n + uint64(i)}) {
				return
			}
		}
	}
}

// String returns first-last, or the address alone where it is one.
func (r Range) String() string {
	b := r.First.AppendText(make([]byte, 0, 25))
	if r.Last != r.First {
		b = r.Last.AppendText(append(b, '-'))
	}
	return string(b)
}

// Join returns r and next as one range, where next begins right behind r, or
// within it, in the same OUI.
func (r Range) Join(next Range) (Range, bool) {
	if r.Len() == 0 || next.First.n < r.First.n || next.First.n > r.Last.n+1 || next.Last.n>>ouiBits != r.First.n>>ouiBits {
		return Range{}, false
	}
	if next.Last.n < r.Last.n {
		return r, true
	}
	return Range{r.First, next.Last}, true
}

// Ranges returns ordered addresses as ranges, as few as there can be. An
// address that comes twice counts once.
func Ranges(ordered []Addr) []Range {
	var all []Range
	for _, a := range ordered {
		if n := len(all); n > 0 {
			if joined, ok := all[n-1].Join(Range{a, a}); ok {
				all[n-1] = joined
				continue
			}
		}
		all = append(all, Range{a, a})
	}
	return all
}
