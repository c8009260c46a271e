package extent

import (
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestExtent(t *testing.T) {
	mac := macaddr.MustParse("0004132202E4")
	own := store.RestoreURL("http://own.example/")
	acme := store.Account{ID: 1, SettingServer: store.RestoreURL("http://prov.example/")}
	follows := store.Phone{MAC: mac, Owner: 1, Registered: time.Unix(1e9, 0).UTC()}
	its := follows
	its.URL = own
	held := store.Phone{MAC: mac, Owner: 1, HeldUntil: time.Now().Add(time.Hour)}
	taken := follows
	taken.Owner = 2
	register, deregister := store.Batch{Rule: store.RuleRegister}, store.Batch{Rule: store.RuleDeregister}
	for name, c := range map[string]struct {
		batch store.Batch
		url   store.URL
		phone store.Phone
		want  Extent
	}{
		"a new one":      {register, own, store.Phone{}, Extent{}},
		"on hold":        {register, own, held, Extent{}},
		"unchanged":      {register, own, its, Extent{}},
		"that follows":   {register, own, follows, Extent{1, 1}},
		"with its own":   {register, store.URL{}, its, Extent{1, 0}},
		"another's":      {register, own, taken, Extent{}},
		"to be released": {deregister, store.URL{}, follows, Extent{1, 1}},
		"not registered": {deregister, store.URL{}, store.Phone{}, Extent{}},
	} {
		var got Extent
		if got.AddBatch(c.batch, store.Change{MAC: mac, URL: c.url}, c.phone, acme, acme); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, c := range []struct {
		phones     int
		ask, never bool // whether it is big if a person is there, and if not
	}{{0, false, false}, {1, false, false}, {2, true, false}, {Few, true, false}, {Few + 1, true, true}} {
		if e := (Extent{Phones: c.phones}); e.IsBig(true) != c.ask || e.IsBig(false) != c.never {
			t.Errorf("%d phones: %v, %v", c.phones, e.IsBig(true), e.IsBig(false))
		}
	}
	for want, e := range map[string]Extent{
		"506 registered phones will be changed; 400 of them follow the account's setting server.": {506, 400},
		"2 registered phones will be changed; 1 of them follows the account's setting server.":    {2, 1},
		"2 registered phones will be changed; all of them follow the account's setting server.":   {2, 2},
		"2 registered phones will be changed; none of them follows the account's setting server.": {2, 0},
	} {
		if got := e.Words("changed"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
