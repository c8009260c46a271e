package check

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/hbollon/go-edlib"
)

//go:embed names.txt
var namesText string

// parts are the names of parts.
var parts = []string{"phone-settings", "function-keys", "phone-book", "dialplan", "firmware-settings", "setting-files", "gui-languages", "web-languages", "phrases", "w_phrases", "certificates", "uploads"}

// names returns the settings in names.txt, without the numbers at their ends.
var names = sync.OnceValue(func() (all []string) {
	for line := range strings.Lines(namesText) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, bare(line))
		}
	}
	return all
})

// bare returns the name of a setting without the number at its end.
func bare(name string) string { return strings.TrimRight(name, "0123456789") }

// maxCompared bounds the names that a Checker compares with names.txt, which takes time.
// There are some 2,000 settings.
const maxCompared = 10_000

// similarName returns the name in names.txt that a setting's probably means, or "" if it
// is one of them or means none. It remembers its answers, because files have the same
// names again and again.
func (c *Checker) similarName(name string) string {
	return c.similarTo(compared{name: bare(name)})
}

// similarPart returns in the same way the name of a part that a part's probably means.
func (c *Checker) similarPart(name string) string {
	return c.similarTo(compared{name: name, part: true})
}

// A compared is a name of a setting or of a part.
type compared struct {
	name string
	part bool
}

func (c *Checker) similarTo(k compared) string {
	similar, ok := c.similar.Load(k)
	if !ok {
		if c.compared.Add(1) > maxCompared {
			return ""
		}
		candidates := parts
		if !k.part {
			candidates = names()
		}
		similar = Nearest(k.name, candidates)
		c.similar.Store(k, similar)
	}
	return similar.(string)
}

// Nearest returns the candidate that differs from name by one slip, or by two if it is
// long. It returns "" if there is none, or name is a candidate itself.
func Nearest(name string, candidates []string) string {
	slips, best := 1+len(name)/10, ""
	if len(name) < 4 || len(name) > 64 {
		return ""
	}
	for _, c := range candidates {
		if c == name {
			return ""
		}
		if max(len(c)-len(name), len(name)-len(c)) > slips {
			continue
		}
		if n := edlib.OSADamerauLevenshteinDistance(name, c); n < slips || n == slips && best == "" {
			slips, best = n, c
		}
	}
	return best
}
