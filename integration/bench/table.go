package main

import (
	"fmt"
	"io"
	"slices"
)

// A row is one line of the table.
type row struct{ what, against, now, spread, reach, reached string }

type table []row

func (t table) print(w io.Writer) {
	fmt.Fprintln(w, "| what | against, in the same run | now | spread | reach | reached |\n|---|---|---|---|---|---|")
	for _, r := range t {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.what, r.against, r.now, r.spread, r.reach, r.reached)
	}
}

// A sample is what was measured in each round.
type sample []float64

// over returns the ratio to another sample, round by round.
func (s sample) over(other sample) (ratio sample) {
	for i := range s {
		ratio = append(ratio, s[i]/other[i])
	}
	return ratio
}

func (s sample) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread returns the lowest and the highest value, as text.
func (s sample) spread(format string) string {
	return fmt.Sprintf(format+" to "+format, slices.Min(s), slices.Max(s))
}

// addRatio adds a row for what ours costs as a multiple of theirs, each in a unit that
// the row shows too.
func (t *table) addRatio(what, against string, ours, theirs sample, unit, reach string) {
	ratio := ours.over(theirs)
	*t = append(*t, row{what, against,
		fmt.Sprintf("%.2f: %.1f to %.1f %s", ratio.median(), ours.median(), theirs.median(), unit),
		ratio.spread("%.2f"), reach, reached(ratio.median(), reach)})
}

// addValue adds a row that is compared with nothing.
func (t *table) addValue(what, against string, values sample, unit, reach string) {
	*t = append(*t, row{what, against, fmt.Sprintf("%.1f %s", values.median(), unit), values.spread("%.1f"), reach, reached(values.median(), reach)})
}

// reached tells whether a value is within a reach such as "≤ 0.90" or "≥ 8", if there is
// one.
func reached(value float64, reach string) string {
	var sign rune
	var bound float64
	if _, err := fmt.Sscanf(reach, "%c %g", &sign, &bound); err != nil {
		return ""
	}
	if sign == '≤' && value <= bound || sign == '≥' && value >= bound {
		return "yes"
	}
	return "no"
}
