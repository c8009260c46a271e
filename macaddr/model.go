package macaddr

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// modelsTSV contains the ranges of snom's phones, from the tables in snom's own
// RDS-CLI (2016 and 2020) and GS5, and ABP's primer for 000413220000. The file
// names its sources too.
//
//go:embed models.tsv
var modelsTSV string

// moreModelsTSV contains newer models, with or without a range, and older names of
// ranges. The file names its sources.
//
//go:embed models-more.tsv
var moreModelsTSV string

// A modelTable is what both files contain. The ranges of each field are sorted and
// disjoint.
type modelTable struct {
	ranges []modelRange
	older  []modelRange // with the names that older tools give them
	names  []string     // models whose ranges are unknown
}

type modelRange struct {
	first, last Addr // both inclusive
	model       string
}

var models = sync.OnceValue(func() modelTable {
	table, err := parseModels(modelsTSV, moreModelsTSV)
	if err != nil {
		panic("macaddr: " + err.Error())
	}
	return table
})

// Model returns the model whose range contains a, spelled as that model spells it
// in the path it requests ("snom360", "snomD785", "snomm9"). It returns "" if the
// table has no such range, as for phones sold under another brand and for models
// newer than the table.
func (a Addr) Model() string { return modelIn(models().ranges, a) }

// OlderModel returns another name of the range that contains a, which tools of 2018
// have for it, or "" if there is none.
func (a Addr) OlderModel() string { return modelIn(models().older, a) }

func modelIn(ranges []modelRange, a Addr) string {
	i := sort.Search(len(ranges), func(i int) bool { return a.Compare(ranges[i].last) <= 0 })
	if i == len(ranges) || a.Compare(ranges[i].first) < 0 {
		return ""
	}
	return ranges[i].model
}

// ModelRanges returns the ranges that [Addr.Model] knows, sorted.
func ModelRanges() []Range {
	var all []Range
	for _, r := range models().ranges {
		all = append(all, Range{r.first, r.last})
	}
	return all
}

// KnownModel returns the table's spelling of a model, given in any case and with or
// without "snom" in front. It knows models without a range and older names too.
func KnownModel(name string) (model string, ok bool) {
	same := func(model string) bool { return strings.EqualFold(withoutVendor(model), withoutVendor(name)) }
	table := models()
	for _, ranges := range [][]modelRange{table.ranges, table.older} {
		if i := slices.IndexFunc(ranges, func(r modelRange) bool { return same(r.model) }); i >= 0 {
			return ranges[i].model, true
		}
	}
	if i := slices.IndexFunc(table.names, same); i >= 0 {
		return table.names[i], true
	}
	return "", false
}

// ModelNames returns the names of all models, each once: first those with a range, in
// the order of the ranges.
func ModelNames() []string {
	table := models()
	var names []string
	for _, r := range table.ranges {
		if !slices.Contains(names, r.model) {
			names = append(names, r.model)
		}
	}
	for _, name := range table.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// SameModel reports whether pattern, from a path or a filter, matches model, in any
// case and with or without "snom" in front. An x in pattern matches any digit, as
// in snom3x0, which DHCP gives to all phones of the 300 series.
func SameModel(pattern, model string) bool {
	pattern, model = withoutVendor(pattern), withoutVendor(model)
	if len(pattern) != len(model) {
		return false
	}
	for i := range len(pattern) {
		anyDigit := (pattern[i] == 'x' || pattern[i] == 'X') && '0' <= model[i] && model[i] <= '9'
		if !anyDigit && !strings.EqualFold(pattern[i:i+1], model[i:i+1]) {
			return false
		}
	}
	return true
}

func withoutVendor(model string) string {
	const vendor = "snom"
	if len(model) > len(vendor) && strings.EqualFold(model[:len(vendor)], vendor) {
		return model[len(vendor):]
	}
	return model
}

// parseModels parses both files. A line of text is first, last and model. A line of
// more is a range, a model and the source; the range is first-last, '-' if it is
// unknown, or, for an older name, the digits after 000413.
func parseModels(text, more string) (t modelTable, err error) {
	err = eachRow("models.tsv", text, func(fields []string) error {
		return addRange(&t.ranges, fields[0], fields[1], fields[2])
	})
	if err != nil {
		return modelTable{}, err
	}
	err = eachRow("models-more.tsv", more, func(fields []string) error {
		first, last, isRange := strings.Cut(fields[0], "-")
		switch {
		case fields[0] == "-":
			t.names = append(t.names, fields[1])
			return nil
		case isRange:
			return addRange(&t.ranges, first, last, fields[1])
		case len(first) > 6:
			return errors.New("expected a range, -, or up to six digits after 000413")
		}
		fill := 6 - len(first)
		return addRange(&t.older, "000413"+first+"000000"[:fill], "000413"+first+"FFFFFF"[:fill], fields[1])
	})
	if err != nil {
		return modelTable{}, err
	}
	return t, nil
}

// addRange inserts a range into ranges.
func addRange(ranges *[]modelRange, first, last, model string) error {
	r := modelRange{model: model}
	var err error
	if r.first, err = Parse(first); err != nil {
		return fmt.Errorf("first: %w", err)
	}
	if r.last, err = Parse(last); err != nil {
		return fmt.Errorf("last: %w", err)
	}
	i, _ := slices.BinarySearchFunc(*ranges, r.first, func(r modelRange, a Addr) int { return r.last.Compare(a) })
	if r.first.Compare(r.last) > 0 || i < len(*ranges) && (*ranges)[i].first.Compare(r.last) <= 0 {
		return errors.New("expected ranges that are disjoint and end after they start")
	}
	*ranges = slices.Insert(*ranges, i, r)
	return nil
}

// eachRow calls f for each line of three fields, separated by tabs, none of which
// is empty. Lines that start with '#' are comments.
func eachRow(file, text string, f func(fields []string) error) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		err := errors.New("expected three fields, separated by tabs")
		if len(fields) == 3 && !slices.Contains(fields, "") {
			err = f(fields)
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", file, number, err)
		}
	}
	return nil
}
