package contacts_test

import (
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/contacts"
)

// Unregistered phones are known with how often they called, until they are redirected.
func TestUnregistered(t *testing.T) {
	r := contacts.New(contacts.Config{Store: &failingStore{t: t, stored: map[macaddr.Addr]store.Contact{}}})
	defer r.Close()
	for n, answers := range [][]store.Answer{
		{store.Unregistered},
		{store.ToDefault, store.Unregistered, store.Unregistered},
		{store.Unregistered, store.Redirected},
		{store.Redirected},
		{store.Unregistered, store.Redirected, store.Unregistered, store.Unregistered},
	} {
		for _, answer := range answers {
			r.Record(contact(n, answer))
		}
	}
	got := r.Unregistered()
	want := map[macaddr.Addr]int{phone(1): 3, phone(4): 2, phone(0): 1}
	if len(got) != len(want) || got[0].MAC != phone(1) || got[1].MAC != phone(4) {
		t.Fatalf("got %v", got)
	}
	for _, p := range got {
		if p.Times != want[p.MAC] || p.From.String() != "192.0.2.7" {
			t.Errorf("got %v", p)
		}
	}
}
