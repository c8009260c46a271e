package macaddr

import (
	"strings"
	"testing"
)

// Checks both ends of every range and the addresses next to them.
func TestModelAtTheEdges(t *testing.T) {
	table := models()
	if len(table) < 80 {
		t.Fatalf("the table has %d ranges, want at least 80", len(table))
	}
	for i, r := range table {
		if r.first.Model() != r.model || r.last.Model() != r.model {
			t.Errorf("%v-%v: Model() = %q, %q; want %q", r.first, r.last, r.first.Model(), r.last.Model(), r.model)
		}
		if before := (Addr{r.first.n - 1}); i == 0 || table[i-1].last != before {
			if got := before.Model(); got != "" {
				t.Errorf("%v is before the range but its model is %q", before, got)
			}
		}
		if after := (Addr{r.last.n + 1}); i == len(table)-1 || table[i+1].first != after {
			if got := after.Model(); got != "" {
				t.Errorf("%v is after the range but its model is %q", after, got)
			}
		}
	}
}

func TestModel(t *testing.T) {
	for mac, want := range map[string]string{
		"0004132202E4": "snom190",
		"0004132314A4": "snom360",
		"000413840016": "snomD305", // a range between others of its block
		"00041394B421": "snom715",
		"00087B08FFFF": "snomM700", // RTX's own prefix
		"000413B60001": "snomM900",
		"000413101214": "",
		"00135E874B49": "", // sold under another brand
		"FC0000000000": "",
	} {
		if got := MustParse(mac).Model(); got != want {
			t.Errorf("%s: model %q, want %q", mac, got, want)
		}
	}
	if got := (Addr{}).Model(); got != "" {
		t.Errorf("the zero Addr: model %q", got)
	}
}

func TestParseModelsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"two fields":  "000413220000\t00041322FFFF\n",
		"no model":    "000413220000\t00041322FFFF\t\n",
		"bad first":   "00041322\t00041322FFFF\tsnom190\n",
		"bad last":    "000413220000\tx\tsnom190\n",
		"backwards":   "00041322FFFF\t000413220000\tsnom190\n",
		"overlapping": "000413220000\t00041322FFFF\tsnom190\n00041322FFFF\t00041323FFFF\tsnom360\n",
	} {
		if _, err := parseModels("# remark\n\n" + text); err == nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%s: error %v, want one with a line number", name, err)
		}
	}
}

func BenchmarkModel(b *testing.B) {
	a := MustParse("000413A6FFFF")
	b.ReportAllocs()
	for b.Loop() {
		if a.Model() == "" {
			b.Fatal("no model")
		}
	}
}

func TestModelRanges(t *testing.T) {
	all := ModelRanges()
	for _, r := range all {
		if r.First.Model() == "" || r.First.Model() != r.Last.Model() || r.Len() == 0 {
			t.Errorf("%v: %q to %q", r, r.First.Model(), r.Last.Model())
		}
	}
	if len(all) != len(models()) {
		t.Errorf("%d ranges, want %d", len(all), len(models()))
	}
}

func TestSameModel(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"snom360", "snom360"}: true, {"snom360", "SNOM360"}: true, {"360", "snom360"}: true, {"Snom360", "360"}: true,
		{"snom3x0", "snom300"}: true, {"snom3X0", "snom370"}: true, {"snomD7xx", "snomD785"}: true, {"snom", "snom"}: true,
		{"snom360", "snom370"}: false, {"snom3x0", "snom821"}: false, {"snom3x0", "snomD345"}: false, {"snom360", "snom3x0"}: false,
		{"snom36", "snom360"}: false, {"snom3x0", "snom3a0"}: false, {"snom", "snom360"}: false,
	} {
		if got := SameModel(pair[0], pair[1]); got != want {
			t.Errorf("%v: %v, want %v", pair, got, want)
		}
	}
}
