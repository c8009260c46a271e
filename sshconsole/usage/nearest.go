package usage

import (
	"strings"

	"github.com/hbollon/go-edlib"
)

// Nearest returns the candidate that word is most likely to mean, or "": one that
// begins with it, or the one with the fewest typing mistakes, at most one for three
// letters. Of those with equally many, it is the one of about the same length, and
// then with the same first letter: DEREGISTER for unregister, not REGISTER, and
// ACCOUNT for acount, not COUNT.
func Nearest(word string, candidates []string) string {
	word = strings.ToUpper(word)
	if len(word) < 2 || len(word) > 40 {
		return ""
	}
	best, fewest := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if c == "-" {
			continue
		}
		mistakes := edlib.OSADamerauLevenshteinDistance(word, strings.ToUpper(c))
		if strings.HasPrefix(strings.ToUpper(c), word) {
			mistakes = 0
		}
		if mistakes < fewest || mistakes == fewest && best != "" && apart(word, c) < apart(word, best) {
			best, fewest = c, mistakes
		}
	}
	return best
}

// apart returns how different the lengths and the first letters of a and b are.
func apart(a, b string) int {
	n := 2 * max(len(a)-len(b), len(b)-len(a))
	if !strings.EqualFold(a[:1], b[:1]) {
		n++
	}
	return n
}
