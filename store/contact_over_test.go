package store

import (
	"testing"
	"time"

	"snomredirect/macaddr"
)

func TestContactOver(t *testing.T) {
	mac := macaddr.MustParse("000413231234")
	fetch := Fetch{Name: "a.xml", At: time.Unix(1, 0).UTC(), Owner: 2}
	later := Fetch{Name: "b.xml", At: time.Unix(2, 0).UTC(), Owner: 2}
	request := Contact{MAC: mac, Answer: Redirected, Firmware: "1", Owner: 1}
	both := request
	both.Fetched = fetch
	only := Contact{MAC: mac, Fetched: later, Owner: 2}
	newer := request
	newer.Fetched = later
	for i, c := range []struct{ now, earlier, want Contact }{
		{request, Contact{}, request}, {Contact{}, request, request}, {only, Contact{}, only},
		{request, both, both}, {request, Contact{MAC: mac, Fetched: fetch}, both},
		{only, request, newer}, {only, both, newer}, {newer, both, newer}, {Contact{}, Contact{}, Contact{}},
	} {
		if got := c.now.Over(c.earlier); got != c.want {
			t.Errorf("%d: %+v, want %+v", i, got, c.want)
		}
	}
}

func TestFetchAsText(t *testing.T) {
	for want, f := range map[string]Fetch{"": {}, "fetched a.xml": {Name: "a.xml"}, "a.xml refused": {Name: "a.xml", Refused: true}} {
		if got := f.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c := Contact{MAC: macaddr.MustParse("000413231234"), Fetched: Fetch{Name: "a.xml"}}
	if got := c.String(); got != "fetched a.xml" {
		t.Errorf("%q", got)
	}
}
