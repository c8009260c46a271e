package settings

import (
	"strconv"
	"strings"
)

// A Version is the first three numbers of a firmware version, such as 8.7.5 of
// 8.7.5.35. The zero Version means that it is unknown.
type Version [3]int

// ParseVersion parses a version: two to six numbers between dots.
func ParseVersion(s string) (v Version, ok bool) {
	n := 0
	for part := range strings.SplitSeq(s, ".") {
		number, err := strconv.ParseUint(part, 10, 31)
		if err != nil || n == 6 {
			return Version{}, false
		}
		if n < len(v) {
			v[n] = int(number)
		}
		n++
	}
	if n < 2 {
		return Version{}, false
	}
	return v, true
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
