package storetest

import (
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// quota gives an account a quota.
func (b *bench) quota(a store.Account, n int) {
	b.Helper()
	_, err := b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.Quota = n; return nil })
	b.must(err)
}

// uses checks an account's registered phones, and those on hold for it.
func (b *bench) uses(a store.Account, phones, held int) {
	b.Helper()
	if u, err := b.Usage(a.ID); err != nil || u.Phones != phones || u.Held != held {
		b.Errorf("%s: %+v, %v; want %d phones and %d on hold", a.Name, u, err, phones, held)
	}
}

func quotas(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, serverA)
	if u, err := b.Usage(acme.ID); err != nil || u != (store.Usage{Quota: store.DefaultQuota}) {
		b.Errorf("%+v, %v", u, err)
	}
	_, err := b.Usage(99)
	b.want(err, store.ErrNoAccount)
	b.quota(acme, 2)
	b.quota(olga, 1)

	// Those that fit are registered.
	batch := newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2}, store.Change{MAC: mac3})
	batch.Atomic = true
	b.change(batch, nil, nil, store.ErrQuota)
	b.uses(acme, 0, 0)
	batch.Atomic, batch.DryRun = false, true
	b.change(batch, nil, nil, store.ErrQuota)
	b.uses(acme, 0, 0)
	batch.DryRun = false
	b.change(batch, nil, nil, store.ErrQuota)
	b.uses(acme, 2, 0)
	_, err = b.Phone(mac3)
	b.want(err, store.ErrNotFound)

	// The account's own phones work on.
	_, err = b.register(mac1, acme.ID, urlB)
	b.must(err)
	b.sentTo(mac1, serverB)
	// Operators have a quota too, and can't register beyond another account's.
	_, err = b.one(store.RuleRegister, olga.ID, acme.ID, mac3, none)
	b.want(err, store.ErrQuota)
	_, err = b.register(mac3, olga.ID, none)
	b.must(err)
	_, err = b.register(macaddr.MustParse("000413000001"), olga.ID, none)
	b.want(err, store.ErrQuota)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	b.uses(acme, 1, 0)
}

func quotasCountHolds(b *bench) {
	b.reopen(time.Hour)
	acme := b.account("acme", store.Partner, serverA)
	b.quota(acme, 1)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	b.uses(acme, 0, 1)
	_, err = b.register(mac2, acme.ID, none)
	b.want(err, store.ErrQuota)
	_, err = b.register(mac1, acme.ID, none) // it was counted
	b.must(err)
	b.uses(acme, 1, 0)
	b.away(24*time.Hour, time.Hour) // the limit for new phones is one a day
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	time.Sleep(time.Hour + time.Second)
	b.uses(acme, 0, 0)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	b.uses(acme, 1, 0)
}

func quotasOfTransfers(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, serverA)
	b.quota(bravo, 1)
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2}), nil, nil)
	batch := newBatch(store.RuleTransfer, olga.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2})
	batch.Owner = bravo.ID
	b.change(batch, nil, store.ErrQuota)
	b.change(batch, nil, store.ErrQuota) // the first is bravo's already
	b.uses(acme, 1, 0)
	b.uses(bravo, 1, 0)
	b.sentTo(mac2, serverA)
}

func moreThanTheQuota(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2}, store.Change{MAC: mac3}), nil, nil, nil)
	b.quota(acme, 1)
	b.uses(acme, 3, 0)
	_, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	b.sentTo(mac1, serverB)
	for _, mac := range []macaddr.Addr{mac2, mac3} {
		_, err = b.deregister(mac, acme.ID)
		b.must(err)
		_, err = b.register(mac, acme.ID, none)
		b.want(err, store.ErrQuota)
	}
	b.sentTo(mac1, serverB)
	b.quota(acme, 0) // the default again
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
}

// An account may register as many new phones in a day as its quota. A refused change and
// a dry run cost nothing, nor does a phone that is the account's or on hold for it.
func newPhonesADay(b *bench) {
	b.reopen(time.Hour)
	olga := b.account("olga", store.Operator, "")
	acme := b.account("acme", store.Partner, serverA)
	b.quota(acme, 24)
	mac := func(i int) store.Change { return store.Change{MAC: macaddr.MustParse(fmt.Sprintf("000413%06X", i))} }
	for i := range 24 {
		dryRun := newBatch(store.RuleRegister, acme.ID, mac(i))
		dryRun.DryRun = true
		b.change(dryRun, nil)
		for range 2 {
			b.change(newBatch(store.RuleRegister, acme.ID, mac(i)), nil)
		}
	}
	b.change(newBatch(store.RuleDeregister, acme.ID, mac(0)), nil)
	b.change(newBatch(store.RuleRegister, acme.ID, mac(0)), nil) // from its hold
	b.change(newBatch(store.RuleDeregister, acme.ID, mac(0)), nil)
	b.quota(acme, 48) // one every half hour; 24 of a day's 48 are left
	for i := range 24 {
		b.change(newBatch(store.RuleRegister, acme.ID, mac(100+i)), nil)
		b.change(newBatch(store.RuleDeregister, acme.ID, mac(100+i)), nil)
		_, err := b.one(store.RuleFree, olga.ID, 0, mac(100+i).MAC, none)
		b.must(err)
	}
	r, err := b.one(store.RuleRegister, acme.ID, acme.ID, mac(200).MAC, none)
	var tooMany store.TooManyNew
	if !errors.As(err, &tooMany) || !tooMany.Next.Equal(time.Now().Add(30*time.Minute)) || r.Next != r.Prev {
		b.Errorf("%+v, %v", r, err)
	}
	b.reopen(time.Hour)
	time.Sleep(30*time.Minute - time.Second)
	_, err = b.register(mac(200).MAC, acme.ID, none)
	b.want(err, store.ErrTooManyNew)
	time.Sleep(time.Second)
	_, err = b.register(mac(200).MAC, acme.ID, none)
	b.must(err)
	_, err = b.register(mac(201).MAC, acme.ID, none)
	b.want(err, store.ErrTooManyNew)
	b.away(24*time.Hour, time.Hour)
	b.change(newBatch(store.RuleRegister, acme.ID, mac(101), mac(102), mac(103)), nil, nil, nil)
}

// The phones of an account that is disabled with them have no setting server until it
// is enabled again.
func disabledWithPhones(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	for mac, c := range map[macaddr.Addr]struct {
		owner store.AccountID
		url   store.URL
	}{mac1: {acme.ID, none}, mac2: {acme.ID, urlB}, mac3: {bravo.ID, none}} {
		_, err := b.register(mac, c.owner, c.url)
		b.must(err)
	}
	disable := func(dryRun, phones bool) {
		_, err := b.UpdateAccount(audit, dryRun, acme.ID, func(a *store.Account) error { a.Disabled, a.PhonesDisabled = phones, phones; return nil })
		b.must(err)
	}
	disable(true, true)
	b.sentTo(mac1, serverA)
	disable(false, true)
	for range 2 {
		for _, mac := range []macaddr.Addr{mac1, mac2} {
			_, err := b.Redirection(mac)
			b.want(err, store.ErrPhonesDisabled)
		}
		b.sentTo(mac3, serverB)
		b.reopen(0)
	}
	if _, err := b.UpdateAccount(audit, false, acme.ID, func(a *store.Account) error { a.Disabled = false; return nil }); err == nil {
		b.Error("an account was enabled without its phones")
	}
	disable(false, false)
	b.sentTo(mac1, serverA)
	b.sentTo(mac2, serverB)
}
