package macaddr

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// A Range is the addresses from First to Last, inclusive, within one OUI (the first
// three bytes). The zero Range is empty.
type Range struct{ First, Last Addr }

const ouiBits = 24

var (
	errRangeEnds = errors.New("the range ends before it starts: expected first-last, such as 0004132202E0-0004132202FF")
	errRangeOUI  = errors.New("the range crosses into another vendor's addresses: expected one within the same first six digits")
)

// ParseShortRange parses one address, as for [ParseShort], or two separated by '-'.
// A single address is a range of length 1.
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

// cutMiddleDash cuts s at its middle dash, because the addresses may contain dashes
// themselves.
func cutMiddleDash(s string) (before, after string, ok bool) {
	n := strings.Count(s, "-")
	if n%2 == 0 {
		return "", "", false
	}
	i := -1
	for range n/2 + 1 {
		i += 1 + strings.IndexByte(s[i+1:], '-')
	}
	return s[:i], s[i+1:], true
}

// Len returns the number of addresses in r.
func (r Range) Len() int {
	if !r.First.IsValid() {
		return 0
	}
	return int(r.Last.n - r.First.n + 1)
}

// Contains reports whether a is in r.
func (r Range) Contains(a Addr) bool { return r.First.n <= a.n && a.n <= r.Last.n && a.IsValid() }

// At returns the address at index i. It panics if i is not in 0 to Len()-1.
func (r Range) At(i int) Addr {
	if i < 0 || i >= r.Len() {
		panic(fmt.Sprintf("macaddr: index %d of %v", i, r))
	}
	return Addr{r.First.n + uint64(i)}
}

// All returns an iterator over the addresses of r in order.
func (r Range) All() iter.Seq[Addr] {
	return func(yield func(Addr) bool) {
		for i := range r.Len() {
			if !yield(Addr{r.First.n + uint64(i)}) {
				return
			}
		}
	}
}

// String returns first-last, or only the address if r has a single one.
func (r Range) String() string {
	b := r.First.AppendText(make([]byte, 0, 25))
	if r.Last != r.First {
		b = r.Last.AppendText(append(b, '-'))
	}
	return string(b)
}

// Join returns r and next as one range. It reports false unless next starts within
// r or right after it, in the same OUI.
func (r Range) Join(next Range) (Range, bool) {
	if r.Len() == 0 || next.First.n < r.First.n || next.First.n > r.Last.n+1 || next.Last.n>>ouiBits != r.First.n>>ouiBits {
		return Range{}, false
	}
	if next.Last.n < r.Last.n {
		return r, true
	}
	return Range{r.First, next.Last}, true
}

// Ranges returns sorted addresses as the smallest number of ranges. Repeated
// addresses count once.
func Ranges(sorted []Addr) []Range {
	var all []Range
	for _, a := range sorted {
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
