package integration

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// The dashboard has panels for the calls of each API, and no two panels at one place.
func TestDashboardPanels(t *testing.T) {
	text, err := os.ReadFile("grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	type place struct{ X, Y, W, H int }
	var page struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos place
		}
	}
	var all any
	if err := errors.Join(json.Unmarshal(text, &page), json.Unmarshal(text, &all)); err != nil {
		t.Fatal(err)
	}
	for i, one := range page.Panels {
		for _, other := range page.Panels[:i] {
			a, b := one.GridPos, other.GridPos
			overlap := a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
			if one.ID == other.ID || one.Title == other.Title || overlap {
				t.Errorf("panels %d %q and %d %q have an ID, a title or a place in common", one.ID, one.Title, other.ID, other.Title)
			}
		}
	}
	for _, want := range []string{"(outcome) (rate(snomredirect_rds_calls_total{", "(method) (rate(snomredirect_rds_calls_total{", "(outcome) (rate(snomredirect_sraps_calls_total{", "(call) (rate(snomredirect_sraps_calls_total{"} {
		if !slices.ContainsFunc(queries(all), func(expr string) bool { return strings.Contains(expr, want) }) {
			t.Errorf("no panel shows %s...", want)
		}
	}
}
