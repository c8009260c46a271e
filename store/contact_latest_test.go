package store_test

import (
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Of two contacts the later request and the later file count, whichever comes first.
func TestLatest(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 0).UTC() }
	contact := func(request, fetched int64) (c store.Contact) {
		c.MAC = macaddr.MustParse("0004132202E4")
		if request > 0 {
			c.At, c.Answer, c.Owner = at(request), store.Redirected, store.AccountID(request)
		}
		if fetched > 0 {
			c.Fetched = store.Fetch{Name: "a", At: at(fetched), Owner: store.AccountID(fetched)}
		}
		return c
	}
	for _, c := range []struct{ a, b, want store.Contact }{
		{contact(1, 0), contact(2, 0), contact(2, 0)},
		{contact(1, 4), contact(2, 3), contact(2, 4)},
		{contact(2, 0), contact(0, 1), contact(2, 1)},
		{contact(0, 2), contact(0, 1), contact(0, 2)},
		{contact(0, 1), store.Contact{}, contact(0, 1)},
	} {
		if got := c.a.Latest(c.b); got != c.want {
			t.Errorf("%+v over %+v: %+v", c.a, c.b, got)
		}
		if got := c.b.Latest(c.a); got != c.want {
			t.Errorf("%+v over %+v: %+v", c.b, c.a, got)
		}
	}
	a, b := contact(1, 1), contact(1, 1)
	b.Model, b.Fetched.Name = "snom360", "b"
	if a.Latest(b) != a || b.Latest(a) != b {
		t.Error("at the same time, it is not the first")
	}
}
