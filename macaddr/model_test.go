package macaddr

import (
	"strings"
	"testing"
)

// Checks both ends of every range and the addresses next to them.
func TestModelAtTheEdges(t *testing.T) {
	table := models().ranges
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
		"000413A00001": "snomC520",
		"000413430001": "snom870", // RDS-CLI of 2018 names these three otherwise
		"000413790001": "snomD765",
		"000413A30001": "snomD735",
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

func TestOlderModel(t *testing.T) {
	for mac, want := range map[string]string{
		"00041342FFFF": "", "000413430000": "snom870E", "00041343FFFF": "snom870E", "000413440000": "",
		"00041378FFFF": "", "000413790000": "snomD745", "000413790FFF": "snomD745", "000413791000": "",
		"000413A2FFFF": "", "000413A30000": "snomD375", "000413A3FFFF": "snomD375", "000413A40000": "",
	} {
		if got := MustParse(mac).OlderModel(); got != want {
			t.Errorf("%s: older model %q, want %q", mac, got, want)
		}
	}
}

func TestKnownModel(t *testing.T) {
	for name, want := range map[string]string{
		"snomD865": "snomD865", "d865": "snomD865", "SNOMM100KLE": "snomM100KLE", "snomm400sc": "snomM400SC", "C520": "snomC520",
		"870e": "snom870E", "870": "snom870", "snomD375": "snomD375", "m9": "snomm9", "snomD895m": "snomD895M",
		"": "", "snom": "", "-": "", "snom3x0": "", "snomD8650": "", "43": "",
	} {
		if got, ok := KnownModel(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"snomC520", "snomC620", "snomM100", "snomM100KLE", "snomM400SC", "snomM400", "snomD140", "snomD150", "snomD713",
		"snomD812", "snomD815", "snomD862", "snomD865", "snomD895", "snomD895M", "snom870E", "snomD745", "snomD375"} {
		if got, ok := KnownModel(name); got != name || !ok {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
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
		"around":      "000413220000\t00041322FFFF\tsnom190\n000413210000\t00041323FFFF\tsnom360\n",
	} {
		if _, err := parseModels("# remark\n\n"+text, ""); err == nil || !strings.HasPrefix(err.Error(), "models.tsv: line ") {
			t.Errorf("%s: error %v, want one with a line number", name, err)
		}
	}
	for name, more := range map[string]string{
		"no source":       "-\tsnomD865\n",
		"no range":        "\tsnomD865\tx\n",
		"half a range":    "000413A00000-\tsnomC520\tx\n",
		"a known range":   "00041322FF00-00041322FFFF\tsnomD865\tx\n",
		"too many digits": "4300000\tsnom870E\tx\n",
		"no digits":       "4G\tsnom870E\tx\n",
		"twice":           "43\tsnom870E\tx\n430\tsnom870E\tx\n",
	} {
		if _, err := parseModels("000413220000\t00041322FFFF\tsnom190\n", "# remark\n"+more); err == nil || !strings.HasPrefix(err.Error(), "models-more.tsv: line ") {
			t.Errorf("%s: error %v, want one with a line number", name, err)
		}
	}
}

// Any two files are either refused, with a line number, or ranges that are sorted
// and disjoint.
func FuzzParseModels(f *testing.F) {
	f.Add(modelsTSV, moreModelsTSV)
	f.Add("000413220000\t00041322FFFF\tsnom190\n", "22\tsnom191\tx\n-\tsnomX\ty\n000413230000-000413230000\tsnom360\tz")
	f.Add("", "-----\t-\t-\n")
	f.Fuzz(func(t *testing.T, text, more string) {
		table, err := parseModels(text, more)
		if err != nil {
			if !strings.Contains(err.Error(), ": line ") || table.ranges != nil {
				t.Fatalf("%v, %v", table, err)
			}
			return
		}
		for _, ranges := range [][]modelRange{table.ranges, table.older} {
			for i, r := range ranges {
				if !r.first.IsValid() || r.first.Compare(r.last) > 0 || i > 0 && ranges[i-1].last.Compare(r.first) >= 0 {
					t.Fatalf("range %d of %v", i, ranges)
				}
				if modelIn(ranges, r.first) != r.model || modelIn(ranges, r.last) != r.model || r.model == "" {
					t.Fatalf("range %d of %v is not found", i, ranges)
				}
			}
		}
	})
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
	if len(all) != len(models().ranges) {
		t.Errorf("%d ranges, want %d", len(all), len(models().ranges))
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
