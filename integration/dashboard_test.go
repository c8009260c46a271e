package integration

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// dashboard [FILE] expects that each series in the queries of a Grafana dashboard
// is among those scraped last. The dashboard is FILE or, without it, this folder's.
// ! dashboard expects some to be missing. It prints the missing ones to standard
// error.
func dashboard(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if len(args) > 1 || s.scraped == nil {
		ts.Fatalf("usage: dashboard [FILE], after scrape")
	}
	var text []byte
	if len(args) == 1 {
		text = []byte(ts.ReadFile(args[0]))
	} else {
		var err error
		text, err = os.ReadFile("grafana-dashboard.json")
		ts.Check(err)
	}
	var page any
	ts.Check(json.Unmarshal(text, &page))
	exprs := queries(page)
	if len(exprs) == 0 {
		ts.Fatalf("the dashboard has no queries")
	}
	var missing []string
	for _, expr := range exprs {
		for _, what := range unknown(expr, s.scraped.all()) {
			missing = append(missing, what+", in "+expr)
		}
	}
	_, _ = io.WriteString(ts.Stderr(), strings.Join(missing, "\n"))
	if (len(missing) > 0) != neg {
		ts.Fatalf("missing: %s", strings.Join(missing, "\n"))
	}
}

// queries returns the queries of a dashboard: "expr" of its panels and "query" of
// its variables.
func queries(page any) (exprs []string) {
	switch page := page.(type) {
	case []any:
		for _, v := range page {
			exprs = append(exprs, queries(v)...)
		}
	case map[string]any:
		for k, v := range page {
			text, isText := v.(string)
			switch {
			case isText && (k == "expr" || k == "query" && page["type"] != "datasource"):
				exprs = append(exprs, text)
			case !isText:
				exprs = append(exprs, queries(v)...)
			}
		}
	}
	return exprs
}

var (
	// In a query, labels are in braces after a name, and in parentheses after a
	// word such as by.
	labelsOf = regexp.MustCompile(`([a-zA-Z_:][\w:]*)?\s*\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	noName   = regexp.MustCompile(`\[[^\]]*\]|\$\w+|"[^"]*"`)
	word     = regexp.MustCompile(`([a-zA-Z_:][\w:]*)\s*(\()?`)
	labelled = regexp.MustCompile(`^label_values\((.*),\s*(\w+)\s*\)$`)
)

// unknown returns the series and labels in a query that are not among all. It
// skips the label instance, which Prometheus itself adds.
func unknown(expr string, all []series) (missing []string) {
	has := func(name, matchers string) bool {
		return slices.ContainsFunc(all, func(one series) bool {
			if one.name != name {
				return false
			}
			for _, m := range matcher.FindAllStringSubmatch(matchers, -1) {
				label, how, value := m[1], m[2], m[3]
				if label == "instance" {
					continue
				}
				got, ok := one.labels[label]
				same := got == value
				if strings.HasSuffix(how, "~") {
					same = regexp.MustCompile("^(?:" + value + ")$").MatchString(got)
				}
				if !ok || same != strings.HasPrefix(how, "=") {
					return false
				}
			}
			return true
		})
	}
	if m := labelled.FindStringSubmatch(expr); m != nil {
		expr = m[1] + " by (" + m[2] + ")"
	}
	rest := labelsOf.ReplaceAllStringFunc(expr, func(selector string) string {
		m := labelsOf.FindStringSubmatch(selector)
		if !has(m[1], m[2]) {
			missing = append(missing, selector)
		}
		return " " + m[1] + " "
	})
	var labels []string
	rest = grouping.ReplaceAllStringFunc(rest, func(group string) string {
		labels = append(labels, strings.FieldsFunc(grouping.FindStringSubmatch(group)[1], func(r rune) bool { return r == ',' || r == ' ' })...)
		return " "
	})
	var names []string
	for _, m := range word.FindAllStringSubmatch(noName.ReplaceAllString(rest, " "), -1) {
		name, isFunction := m[1], m[2] != ""
		if isFunction || slices.Contains([]string{"and", "or", "unless", "bool", "offset"}, name) {
			continue
		}
		names = append(names, name)
		if !has(name, "") {
			missing = append(missing, name)
		}
	}
	if len(names) == 0 {
		missing = append(missing, "a series")
	}
	for _, label := range labels {
		hasLabel := func(one series) bool {
			_, ok := one.labels[label]
			return ok && slices.Contains(names, one.name)
		}
		if label != "instance" && !slices.ContainsFunc(all, hasLabel) {
			missing = append(missing, "the label "+label)
		}
	}
	return missing
}
