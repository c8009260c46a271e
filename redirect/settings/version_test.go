package settings

import "testing"

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{
		"7.1.8": {7, 1, 8}, "7.3": {7, 3, 0}, "8.7.5.35": {8, 7, 5}, "10.1.33.33": {10, 1, 33}, "05.20.0001": {5, 20, 1},
		"": {}, "7": {}, "7.": {}, "7.x": {}, "7.-1": {}, "1.2.3.4.5.6.7": {}, "7.99999999999": {},
	} {
		if v, ok := ParseVersion(text); v != want || ok != (want != Version{}) {
			t.Errorf("%q: %v, %v, want %v", text, v, ok, want)
		}
	}
}

func TestReadsXML(t *testing.T) {
	for v, want := range map[Version]bool{{7, 1, 7}: false, {7, 1, 8}: true, {7, 0, 20}: false, {7, 2, 0}: true, {6, 5, 20}: false, {10, 1, 0}: true} {
		if v.ReadsXML() != want {
			t.Errorf("%v: %v, want %v", v, v.ReadsXML(), want)
		}
	}
}
