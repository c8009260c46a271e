package settings

import (
	"math"
	"strings"
)

// A Version is the first three numbers of a firmware version, such as 8.7.5 of
// 8.7.5.35. The zero Version means that it is unknown.
type Version [3]int

// ParseVersion parses a version: two to six numbers between dots.
func ParseVersion(s string) (v Version, ok bool) {
	n := 0
	for part := range strings.SplitSeq(s, ".") {
		number, ok := parseNumber(part)
		if !ok || n == 6 {
			return Version{}, false
		}
		if n < len(v) {
			v[n] = number
		}
		n++
	}
	if n < 2 {
		return Version{}, false
	}
	return v, true
}

// parseNumber parses a number of up to 31 bits. Unlike package strconv it makes no error,
// which would be an allocation for most words of a User-Agent.
func parseNumber(s string) (int, bool) {
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = 10*n + int64(c-'0'); n > math.MaxInt32 {
			return 0, false
		}
	}
	return int(n), s != ""
}

// Before reports whether v is older than other.
func (v Version) Before(other Version) bool {
	for i := range v {
		if v[i] != other[i] {
			return v[i] < other[i]
		}
	}
	return false
}

// ReadsXML reports whether a desk phone with this firmware reads XML settings, as 7.1.8
// and later do (snom's slides; GS3 uses the same threshold).
func (v Version) ReadsXML() bool { return !v.Before(Version{7, 1, 8}) }
