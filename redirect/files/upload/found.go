package upload

import (
	"cmp"
	"fmt"
	"slices"

	"snomredirect/macaddr"
	"snomredirect/redirect/check"
)

// Bounds of the findings of an upload.
const (
	maxFindings = 100
	maxJoined   = 1000 // of a severity, from which those are chosen
)

// found joins the findings of many phones that are about the same.
type found struct {
	joined map[place]*joint
	kept   map[check.Severity]int // of joined
	more   map[check.Severity]int // that are left out
	forced bool                   // an error that --force doesn't pass was left out
}

// A place is what findings of several phones are the same by. Their texts may differ in
// what is filled in.
type place struct {
	file     string
	line     int
	severity check.Severity
	rule     check.Rule
	nth      int // of those in a text
}

type joint struct {
	check.Finding
	mac    macaddr.Addr // of the first phone, or zero if it is not about one
	phones int
}

func newFound() *found {
	return &found{joined: map[place]*joint{}, kept: map[check.Severity]int{}, more: map[check.Severity]int{}}
}

// add adds the findings of one text, which n phones get. One of them has that MAC. If mac
// is zero, the text is that of all phones.
func (f *found) add(mac macaddr.Addr, n int, findings ...check.Finding) {
	nth := map[place]int{}
	for _, finding := range findings {
		p := place{finding.File, finding.Line, finding.Severity, finding.Rule, 0}
		p.nth = nth[p]
		nth[p]++
		switch j := f.joined[p]; {
		case j != nil:
			j.phones += n
		case f.kept[p.severity] == maxJoined:
			f.more[finding.Severity]++
			f.forced = f.forced || finding.Severity == check.Error && !Forcible(finding.Rule)
		default:
			f.kept[p.severity]++
			f.joined[p] = &joint{finding, mac, n}
		}
	}
}

// refuses reports whether there are errors, or with force those that it doesn't pass.
func (f *found) refuses(force bool) bool {
	if f.forced || !force && f.more[check.Error] > 0 {
		return true
	}
	for p := range f.joined {
		if p.severity == check.Error && (!force || !Forcible(p.rule)) {
			return true
		}
	}
	return false
}

var rank = map[check.Severity]int{check.Error: 0, check.Warning: 1, check.Hint: 2}

// all returns the findings, errors first.
func (f *found) all() (all []check.Finding) {
	for _, j := range f.joined {
		finding := j.Finding
		switch {
		case !j.mac.IsValid():
		case j.phones == 1:
			finding.Text += " (for " + j.mac.String() + ")"
		case j.phones == 2:
			finding.Text += fmt.Sprintf(" (for %v and 1 more phone)", j.mac)
		default:
			finding.Text += fmt.Sprintf(" (for %v and %d more phones)", j.mac, j.phones-1)
		}
		all = append(all, finding)
	}
	slices.SortFunc(all, func(a, b check.Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	left := 0
	for _, n := range f.more {
		left += n
	}
	if more := len(all) - (maxFindings - 1); more > 1 {
		left += more
		all = all[:maxFindings-1]
	}
	if left > 0 {
		last := all[len(all)-1]
		all = append(all, check.Finding{File: last.File, Severity: last.Severity, Rule: check.More, Text: fmt.Sprintf("%d more findings, none of them worse", left)})
	}
	return all
}
