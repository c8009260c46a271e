package store

import (
	"testing"

	"snomredirect/macaddr"
)

func TestDefaultFor(t *testing.T) {
	url := RestoreURL("http://default.example/{mac}")
	snom, other := macaddr.MustParse("0004132202E4"), macaddr.MustParse("00135E874B49")
	for _, c := range []struct {
		of          Default
		snom, other URL
	}{
		{Default{}, URL{}, URL{}},
		{Default{AnyOUI: true, Chosen: true}, URL{}, URL{}},
		{Default{URL: url}, url, URL{}},
		{Default{URL: url, AnyOUI: true}, url, url},
	} {
		if c.of.For(snom) != c.snom || c.of.For(other) != c.other {
			t.Errorf("%+v: %q and %q", c.of, c.of.For(snom), c.of.For(other))
		}
	}
}
