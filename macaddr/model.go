package macaddr

import (
	_ "embed"
	"fmt"
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

type modelRange struct {
	first, last Addr // both inclusive
	model       string
}

var models = sync.OnceValue(func() []modelRange {
	ranges, err := parseModels(modelsTSV)
	if err != nil {
		panic("macaddr: models.tsv: " + err.Error())
	}
	return ranges
})

// Model returns the model whose range contains a, spelled as that model spells it
// in the path it requests ("snom360", "snomD785", "snomm9"). It returns "" if the
// table has no such range, as for phones sold under another brand and for models
// newer than the table.
func (a Addr) Model() string {
	table := models()
	i := sort.Search(len(table), func(i int) bool { return a.Compare(table[i].last) <= 0 })
	if i == len(table) || a.Compare(table[i].first) < 0 {
		return ""
	}
	return table[i].model
}

// ModelRanges returns the ranges that [Addr.Model] knows, sorted.
func ModelRanges() []Range {
	var all []Range
	for _, r := range models() {
		all = append(all, Range{r.first, r.last})
	}
	return all
}

// KnownModel returns the table's spelling of a model, given in any case and with or
// without "snom" in front.
func KnownModel(name string) (model string, ok bool) {
	for _, r := range models() {
		if strings.EqualFold(withoutVendor(r.model), withoutVendor(name)) {
			return r.model, true
		}
	}
	return "", false
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

// parseModels parses the table: lines of first, last and model, separated by tabs.
// Lines that start with '#' are comments. The ranges must be sorted and disjoint.
func parseModels(text string) ([]modelRange, error) {
	var table []modelRange
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || fields[2] == "" {
			return nil, fmt.Errorf("line %d: expected first, last and model, separated by tabs", number)
		}
		first, err := Parse(fields[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: first: %w", number, err)
		}
		last, err := Parse(fields[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: last: %w", number, err)
		}
		if first.Compare(last) > 0 || len(table) > 0 && first.Compare(table[len(table)-1].last) <= 0 {
			return nil, fmt.Errorf("line %d: ranges must be sorted and disjoint", number)
		}
		table = append(table, modelRange{first, last, fields[2]})
	}
	return table, nil
}
