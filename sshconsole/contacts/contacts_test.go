package contacts

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// one has the contact of one phone, or fails.
type one struct {
	contact store.Contact
	err     error
}

func (o one) Contact(macaddr.Addr) (store.Contact, error) { return o.contact, o.err }

// What an account sees depends on whose the phone was, and on when it called.
func TestLast(t *testing.T) {
	mac := macaddr.MustParse("0004132202E4")
	registered := time.Now().Add(-2 * time.Hour)
	phone := store.Phone{MAC: mac, Owner: 1, Registered: registered}
	acme, operator := store.Account{ID: 1}, store.Account{ID: 9, Role: store.Operator}
	for _, c := range []struct {
		name          string
		by            store.Account
		owner         store.AccountID
		at            time.Time
		answer        store.Answer
		registered    bool
		seen, address bool
	}{
		{"its own", acme, 1, registered.Add(time.Minute), store.Redirected, true, true, true},
		{"another's then", acme, 2, registered.Add(-time.Minute), store.Redirected, true, false, false},
		{"another's then, to an operator", operator, 2, registered.Add(time.Minute), store.Redirected, true, true, true},
		{"before it was registered", acme, 0, registered.Add(-time.Minute), store.Unregistered, true, false, false},
		{"unregistered, lately", acme, 0, time.Now().Add(-time.Minute), store.Unregistered, false, true, false},
		{"unregistered, long ago", acme, 0, time.Now().Add(-2 * time.Hour), store.Unregistered, false, false, false},
		{"of an unknown owner", acme, 0, time.Now().Add(-time.Minute), store.Refused, true, true, false},
	} {
		v := View{one{contact: store.Contact{MAC: mac, At: c.at, From: netip.MustParseAddr("192.0.2.7"), Owner: c.owner, Answer: c.answer}}, c.by}
		got, err := v.Last(phone, c.registered)
		if err != nil || got.MAC.IsValid() != c.seen || got.From.IsValid() != c.address {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if o := NewObject(got); (o != nil) != c.seen || o != nil && (o.From != "") != c.address {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
	if got, err := (View{one{err: store.ErrNotFound}, acme}).Last(phone, true); err != nil || got.MAC.IsValid() {
		t.Errorf("no contact: %+v, %v", got, err)
	}
	broken := errors.New("disk on fire")
	if _, err := (View{one{err: broken}, acme}).Last(phone, true); err != broken {
		t.Errorf("a failed store: %v", err)
	}
}

func TestNewScan(t *testing.T) {
	if s := NewScan(store.Entry{}); s != nil {
		t.Errorf("%+v", s)
	}
	if s := NewScan(store.Entry{Audit: store.Audit{RemoteAddr: "192.0.2.7", Detail: "answered"}}); s == nil || s.From != "192.0.2.7" || s.Detail != "answered" {
		t.Errorf("%+v", s)
	}
}
