package macaddr

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const want = "0004132202E4"
	for _, s := range []string{
		"0004132202E4", "0004132202e4",
		"00:04:13:22:02:E4", "00-04-13-22-02-e4", "00.04.13.22.02.E4",
		"0004.1322.02e4", "0004-1322-02e4", "0004:1322:02e4",
		"000413-2202E4", "000413:2202e4", "000413.2202e4",
	} {
		a, err := Parse(s)
		if err != nil || a.String() != want {
			t.Errorf("Parse(%q) = %v, %v; want %s", s, a, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for s, want := range map[string]error{
		"":                      errForm,
		"2e4":                   errForm,
		"0004132202E":           errForm,
		"0004132202E44":         errForm,
		"0004132202EG":          errForm,
		"00:04:13:22:02-E4":     errForm,
		"00:04:13:22:02E4":      errForm,
		"0:4:13:22:2:E4":        errForm,
		"000:413:220:2E4":       errForm,
		":0004132202E4":         errForm,
		"0004132202E4:":         errForm,
		"00:04:13:22:02:E4:":    errForm,
		" 0004132202E4":         errForm,
		"0004132202E4\n":        errForm,
		"０００４１３２２０２Ｅ４":          errForm,
		"0x0004132202E":         errForm,
		"+00413220 2E4":         errForm,
		"000000000000":          errAllZero,
		"00:00:00:00:00:00":     errAllZero,
		"010413000001":          errGroup,
		"FFFFFFFFFFFF":          errGroup,
		"01:00:5e:00:01:4b":     errGroup,
		strings.Repeat("0", 99): errForm,
	} {
		if a, err := Parse(s); err != want || a.IsValid() {
			t.Errorf("Parse(%q) = %v, %v; want %v", s, a, err, want)
		}
	}
}

// The first four are snom's own examples (Mass Deployment slides).
func TestParseShort(t *testing.T) {
	for s, want := range map[string]string{
		"2e4":               "0004132202E4",
		"12e4":              "0004132212E4",
		"312e4":             "0004132312E4",
		"2314a4":            "0004132314A4",
		"2E4":               "0004132202E4",
		"000":               "000413220000",
		"000000":            "000413000000",
		"ffffff":            "000413FFFFFF",
		"00:04:13:10:12:14": "000413101214",
		"00135E874b49":      "00135E874B49",
	} {
		if a, err := ParseShort(s); err != nil || a.String() != want {
			t.Errorf("ParseShort(%q) = %v, %v; want %s", s, a, err, want)
		}
	}
	for s, want := range map[string]error{
		"": errShort, "1": errShort, "12": errShort, "1234567": errShort, "12345678901": errShort,
		"2g4": errShort, "2:4": errShort, "-2e": errShort, "+2e4": errShort, "0x2e4": errShort, "２e4": errShort,
		"000000000000": errAllZero, "ffffffffffff": errGroup,
	} {
		if a, err := ParseShort(s); err != want || a.IsValid() {
			t.Errorf("ParseShort(%q) = %v, %v; want %v", s, a, err, want)
		}
	}
}

func TestBytesAndOrder(t *testing.T) {
	a, b := MustParse("00041322FFFF"), MustParse("1C7126000000")
	if got, err := From6(a.As6()); got != a || err != nil {
		t.Errorf("From6(As6(%v)) = %v, %v", a, got, err)
	}
	if a.Compare(b) != -1 || b.Compare(a) != 1 || a.Compare(a) != 0 {
		t.Error("Compare: wrong order")
	}
	if _, err := (Addr{}).MarshalText(); err == nil {
		t.Error("the zero Addr was marshalled")
	}
}

func TestMustParsePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("MustParse accepted a short form")
		}
	}()
	MustParse("2e4")
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0004132202E4", "00:04:13:22:02:e4", "0004.1322.02e4", "000413-2202E4", "2e4", "ffffff", "01005e00014b", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if (err == nil) != a.IsValid() {
			t.Fatalf("Parse(%q) = %v, %v", s, a, err)
		}
		short, shortErr := ParseShort(s)
		if err == nil && (shortErr != nil || short != a) {
			t.Fatalf("ParseShort(%q) = %v, %v; Parse says %v", s, short, shortErr, a)
		}
		if shortErr != nil {
			return
		}
		// The text form of an accepted address parses as the same address.
		var back Addr
		text, err := short.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalText(text); err != nil || back != short {
			t.Fatalf("%q: %v was read back as %v, %v", s, short, back, err)
		}
		if short.As6()[0]&1 != 0 {
			t.Fatalf("%q: group address %v accepted", s, short)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("0004132202e4"); err != nil {
			b.Fatal(err)
		}
	}
}
