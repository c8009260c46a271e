package storetest

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"snomredirect/store"
)

func accountsAreStored(b *bench) {
	before := time.Now().Add(-time.Second)
	key, err := store.ParseKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ anna@acme")
	b.must(err)
	added, err := b.AddAccount(audit, false, store.Account{
		Name: "acme", Role: store.Operator, Company: "ACME", SettingServer: urlA,
		Keys: []store.Key{key}, PasswordHash: "hash", Disabled: true,
	})
	b.must(err)
	if added.ID == 0 || added.Created.Before(before) || added.Created.Location() != time.UTC || added.Created.Nanosecond() != 0 {
		b.Errorf("ID %d, created %v", added.ID, added.Created)
	}
	other := b.account("ac", store.Partner, "") // a prefix of the other's name
	byID, err := b.Account(added.ID)
	b.must(err)
	byName, err := b.AccountNamed("acme")
	b.must(err)
	for _, a := range []store.Account{byID, byName} {
		if a.ID != added.ID || a.Name != "acme" || a.Role != store.Operator || a.Company != "ACME" || a.SettingServer.String() != serverA ||
			!slices.Equal(a.Keys, []store.Key{key}) || a.PasswordHash != "hash" || !a.Disabled || !a.Created.Equal(added.Created) {
			b.Errorf("stored %+v", a)
		}
	}
	all, err := b.Accounts()
	b.must(err)
	if len(all) != 2 || all[0].ID != other.ID || all[1].ID != added.ID {
		b.Errorf("accounts %+v", all)
	}
	_, err = b.AddAccount(audit, false, store.Account{Name: "acme"})
	b.want(err, store.ErrNameTaken)
	_, err = b.AddAccount(audit, false, store.Account{Name: store.Admin})
	b.want(err, store.ErrAdminName)
	_, err = b.AccountNamed("acm")
	b.want(err, store.ErrNoAccount)
	_, err = b.Account(99)
	b.want(err, store.ErrNoAccount)
}

func accountsAreUpdated(b *bench) {
	b.account("olga", store.Operator, "")
	a := b.account("acme", store.Partner, serverA)
	next, err := b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error {
		a.Company, a.SettingServer = "ACME", urlB
		return nil
	})
	b.must(err)
	stored, err := b.Account(a.ID)
	b.must(err)
	for _, a := range []store.Account{next, stored} {
		if a.Company != "ACME" || a.SettingServer.String() != serverB {
			b.Errorf("%+v", a)
		}
	}
	refusal := errors.New("refusal")
	_, err = b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.Company = "EVIL"; return refusal })
	b.want(err, refusal)
	_, err = b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.SettingServer = none; return nil })
	b.want(err, store.ErrNoSettingServer)
	_, err = b.UpdateAccount(audit, false, 99, func(*store.Account) error { return nil })
	b.want(err, store.ErrNoAccount)
	if stored, err := b.Account(a.ID); err != nil || stored.Company != "ACME" || stored.SettingServer.String() != serverB {
		b.Errorf("after refusals: %+v, %v", stored, err)
	}
}

func oneOperatorStays(b *bench) {
	olga := b.account("olga", store.Operator, "")
	demote := func(a *store.Account) error { a.Role = store.Partner; return nil }
	disable := func(a *store.Account) error { a.Disabled = true; return nil }
	_, err := b.UpdateAccount(audit, false, olga.ID, demote)
	b.want(err, store.ErrLastOperator)
	_, err = b.UpdateAccount(audit, false, olga.ID, disable)
	b.want(err, store.ErrLastOperator)
	b.want(b.RemoveAccount(audit, false, olga.ID), store.ErrLastOperator)

	otto := b.account("otto", store.Operator, "")
	_, err = b.UpdateAccount(audit, false, otto.ID, disable)
	b.must(err)
	// A disabled operator does not count.
	b.want(b.RemoveAccount(audit, false, olga.ID), store.ErrLastOperator)
	b.must(b.RemoveAccount(audit, false, otto.ID))
}

func removedAccounts(b *bench) {
	b.account("olga", store.Operator, "")
	a := b.account("acme", store.Partner, serverA)
	_, err := b.register(mac1, a.ID, none)
	b.must(err)
	b.want(b.RemoveAccount(audit, false, a.ID), store.ErrOwnsPhones)
	_, err = b.deregister(mac1, a.ID)
	b.must(err)
	b.must(b.RemoveAccount(audit, false, a.ID))
	b.want(b.RemoveAccount(audit, false, a.ID), store.ErrNoAccount)
	_, err = b.AccountNamed("acme")
	b.want(err, store.ErrNoAccount)
	_, err = b.register(mac1, a.ID, urlA)
	b.want(err, store.ErrNoAccount)
	_, err = b.deregister(mac1, a.ID)
	b.want(err, store.ErrNoAccount)

	again := b.account("acme", store.Partner, "")
	if again.ID == a.ID || !again.SettingServer.IsZero() {
		b.Errorf("a new account got ID %d and setting server %q of a removed one", again.ID, again.SettingServer)
	}
}

// A dry run returns what the change would return, and changes nothing.
func dryRunsOfAccounts(b *bench) {
	audit := store.Audit{Command: "TEST"}
	olga := b.account("olga", store.Operator, "")
	acme := b.account("acme", store.Partner, serverA)
	before := b.state()
	would, err := b.AddAccount(audit, true, store.Account{Name: "bravo", Role: store.Operator})
	b.must(err)
	_, err = b.AddAccount(audit, true, store.Account{Name: "acme"})
	b.want(err, store.ErrNameTaken)
	_, err = b.AddAccount(audit, true, store.Account{Name: store.Admin})
	b.want(err, store.ErrAdminName)
	next, err := b.UpdateAccount(audit, true, acme.ID, func(a *store.Account) error { a.Company, a.SettingServer = "ACME", urlB; return nil })
	if err != nil || next.Company != "ACME" || next.SettingServer != urlB {
		b.Errorf("%+v, %v", next, err)
	}
	_, err = b.UpdateAccount(audit, true, olga.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	b.want(err, store.ErrLastOperator)
	b.must(b.RemoveAccount(audit, true, acme.ID))
	b.want(b.RemoveAccount(audit, true, olga.ID), store.ErrLastOperator)
	b.want(b.RemoveAccount(audit, true, 99), store.ErrNoAccount)
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
	_, err = b.AccountNamed("bravo")
	b.want(err, store.ErrNoAccount)
	if bravo := b.account("bravo", store.Partner, ""); bravo.ID != would.ID {
		b.Errorf("a dry run used up ID %d", would.ID)
	}
}
