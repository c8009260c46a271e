package contacts

import (
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// What a phone fetched is known while it is registered by the account whose file it was,
// also if its last request for settings is another's or none.
func TestLastFetched(t *testing.T) {
	mac := macaddr.MustParse("000413231234")
	now := time.Now()
	fetched := store.Fetch{Name: "a.xml", At: now, Owner: 2}
	mine := store.Phone{MAC: mac, Owner: 2, Registered: now.Add(-time.Hour)}
	newer, others := mine, mine
	newer.Registered, others.Owner = now.Add(time.Hour), 3
	request := store.Contact{MAC: mac, At: now, Answer: store.Redirected, Owner: 2, Fetched: fetched}
	anothers := request
	anothers.Owner = 3
	only := store.Contact{MAC: mac, Owner: 2, Fetched: fetched}
	bare := request
	bare.Fetched = store.Fetch{}
	partner, operator := store.Account{ID: 2, Role: store.Partner}, store.Account{ID: 1, Role: store.Operator}
	for i, c := range []struct {
		by         store.Account
		contact    store.Contact
		phone      store.Phone
		registered bool
		want       store.Contact
	}{
		{partner, request, mine, true, request},
		{operator, request, mine, true, request},
		{partner, anothers, mine, true, store.Contact{MAC: mac, Fetched: fetched}},
		{partner, only, mine, true, store.Contact{MAC: mac, Fetched: fetched}},
		{partner, only, newer, true, store.Contact{}},
		{partner, only, mine, false, store.Contact{}},
		{operator, request, others, true, bare},
		{store.Account{ID: 3, Role: store.Partner}, only, others, true, store.Contact{}},
	} {
		got, err := View{one{c.contact, nil}, c.by}.Last(c.phone, c.registered)
		if err != nil || got != c.want {
			t.Errorf("%d: %+v, %v; want %+v", i, got, err, c.want)
		}
	}
}
