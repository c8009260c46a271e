package macaddr

import (
	"strings"
	"testing"
)

func TestIsKnown(t *testing.T) {
	for mac, want := range map[string]bool{
		"0004132202E4": true, "000413101214": true, "1C7126000001": true, "00087B08FFFF": true,
		"000431220E24": false, // transposed digits
		"805EC0123456": false, // Yealink's
		"00135E874B49": false,
	} {
		if got := MustParse(mac).IsKnown(); got != want {
			t.Errorf("%s: %v", mac, got)
		}
	}
	for _, r := range ModelRanges() {
		if !r.First.IsKnown() || !r.Last.IsKnown() {
			t.Errorf("%v is not known", r)
		}
	}
}

func TestIsSnom(t *testing.T) {
	for mac, want := range map[string]bool{
		"0004132202E4": true, "000413FFFFFF": true, "1C7126000001": true,
		"00087B08FFFF": true, // in a range of the M700
		"00087B07FFFF": false,
		"00087B0A0000": false,
		"805EC0123456": false,
		"00135E874B49": false,
	} {
		if got := MustParse(mac).IsSnom(); got != want {
			t.Errorf("%s: %v", mac, got)
		}
	}
}

func TestParseSpaced(t *testing.T) {
	for line, want := range map[string]struct {
		mac string
		n   int
	}{
		"000413 2202F1":       {"0004132202F1", 2},
		"0004 1322 02e8":      {"0004132202E8", 3},
		"00 04 13 22 02 F1 x": {"0004132202F1", 6},
		"00:04:13 22:02:F1":   {"0004132202F1", 2},
		"1c7126 000001 2e4":   {"1C7126000001", 2},
		"2e4 2e5 2e6 2e7":     {},
		"2202F1 2202F2":       {},
		"101214 10123C":       {},
		"02e4 02e5 02e6":      {},
		"0004132202F1":        {},
		"000413":              {},
		"000413 2202":         {},
		"000413 2202F12":      {},
		"000413 2202Fx":       {},
		"":                    {},
	} {
		a, n := ParseSpaced(strings.Fields(line))
		if n != want.n || n > 0 && a.String() != want.mac || n == 0 && a.IsValid() {
			t.Errorf("%q: %v, %d", line, a, n)
		}
	}
	for _, oui := range []string{"000413", "1c7126", "00087B"} {
		if a, err := ParseShort(oui); err != errOUI {
			t.Errorf("%s: %v, %v", oui, a, err)
		}
	}
}

// What is put together is a known address, and consists of the words.
func FuzzParseSpaced(f *testing.F) {
	f.Add("000413 2202F1")
	f.Add("0004 1322 02e8 x")
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Fields(line)
		a, n := ParseSpaced(words)
		if n == 0 {
			return
		}
		again, err := Parse(strings.NewReplacer(":", "", ".", "").Replace(strings.Join(words[:n], "")))
		if n < 2 || err != nil || again != a || !a.IsKnown() {
			t.Errorf("%q: %v, %d", line, a, n)
		}
	})
}
