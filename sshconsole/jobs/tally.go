package jobs

import (
	"fmt"
	"strings"

	"snomredirect/store"
)

// A Tally counts the results of changes. Done are the phones that were registered,
// deregistered and so on, Changed those that had the owner already.
type Tally struct {
	Done, Changed, Same, Failed int
	Kept                        int // of the others, that have a URL of their own, and had it before
}

// Add counts a result.
func (t *Tally) Add(r store.Result) {
	if r.Err == nil && !r.Next.URL.IsZero() && r.Prev.URL == r.Next.URL {
		t.Kept++
	}
	switch {
	case r.Err != nil:
		t.Failed++
	case r.Prev == r.Next:
		t.Same++
	case r.Prev.Owner == r.Next.Owner && r.Prev.Held() == r.Next.Held():
		t.Changed++
	default:
		t.Done++
	}
}

// Merge adds the counts of more.
func (t *Tally) Merge(more Tally) {
	t.Done += more.Done
	t.Changed += more.Changed
	t.Same += more.Same
	t.Failed += more.Failed
	t.Kept += more.Kept
}

// N returns how many results were counted.
func (t Tally) N() int { return t.Done + t.Changed + t.Same + t.Failed }

var doneWord = map[store.Rule]string{
	store.RuleRegister: "registered", store.RuleDeregister: "deregistered", store.RuleTransfer: "transferred", store.RuleFree: "freed",
}

// Text returns a text such as "3 registered, 1 unchanged, 1 failed". did changes a
// word for a dry run.
func (t Tally) Text(rule store.Rule, did func(string) string) string {
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{t.Done, did(doneWord[rule])}, {t.Changed, did("changed")}, {t.Same, "unchanged"}, {t.Failed, "failed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	if parts == nil {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}
