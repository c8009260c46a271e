package store

import (
	"errors"
	"testing"
	"time"

	"snomredirect/macaddr"
)

var testMAC = macaddr.MustParse("0004132202E4")

func TestRegister(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 500, time.FixedZone("", 3600))
	acme := Account{ID: 1, SettingServer: RestoreURL("http://prov.acme.example/")}
	bare := Account{ID: 2}
	own := RestoreURL("http://own.example/")
	first, err := Register(Phone{}, testMAC, acme, URL{}, noon)
	if want := (Phone{testMAC, 1, URL{}, time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC)}); first != want || err != nil {
		t.Fatalf("%+v, %v; want %+v", first, err, want)
	}
	again, err := Register(first, testMAC, acme, own, noon.Add(time.Hour))
	if again.URL != own || !again.Registered.Equal(first.Registered) || err != nil {
		t.Errorf("%+v, %v: the day it was registered first stays", again, err)
	}
	for _, c := range []struct {
		prev  Phone
		owner Account
		url   URL
		want  error
	}{
		{first, bare, own, ErrTaken},
		{first, bare, URL{}, ErrTaken},
		{Phone{}, bare, URL{}, ErrNoSettingServer},
	} {
		if next, err := Register(c.prev, testMAC, c.owner, c.url, noon); !errors.Is(err, c.want) || next != c.prev {
			t.Errorf("%+v, %v; want %v", next, err, c.want)
		}
	}
}

func TestDeregister(t *testing.T) {
	phone := Phone{MAC: testMAC, Owner: 1}
	for _, c := range []struct {
		prev Phone
		by   Account
		want error
	}{
		{phone, Account{ID: 1}, nil},
		{phone, Account{ID: 2}, ErrTaken},
		{phone, Account{ID: 2, Role: Operator}, nil},
		{phone, Account{ID: 2, Role: Operator, Disabled: true}, ErrTaken},
		{Phone{}, Account{ID: 1}, ErrNotFound},
	} {
		if err := Deregister(c.prev, c.by); !errors.Is(err, c.want) {
			t.Errorf("%+v by %+v: %v, want %v", c.prev, c.by, err, c.want)
		}
	}
}
