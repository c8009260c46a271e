package storetest

import (
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func retargetedPhones(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	theirs, held := macaddr.MustParse("1C7126FFFFFF"), macaddr.MustParse("1C7126FFFFFE")
	b.results(batch(store.RuleRegister, acme.ID,
		store.Change{MAC: mac1, URL: urlA}, store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: mac3}, store.Change{MAC: held, URL: urlA}), nil, nil, nil, nil)
	_, err := b.register(theirs, bravo.ID, urlA)
	b.must(err)
	_, err = b.deregister(held, acme.ID)
	b.must(err)
	first, err := b.Phone(mac1)
	b.must(err)
	time.Sleep(time.Minute)

	elsewhere := store.RestoreURL("http://new.example/")
	o := batch(store.RuleRetarget, acme.ID)
	o.Was = urlA
	for _, mac := range []macaddr.Addr{theirs, mac3, mac2, held, mac1} {
		o.Changes = append(o.Changes, store.Change{MAC: mac, URL: elsewhere})
	}
	b.results(o, store.ErrNotFound, store.ErrNotFound, store.ErrNotFound, store.ErrNotFound, nil)
	b.sentTo(mac1, elsewhere.String())
	b.sentTo(mac2, serverB)
	b.sentTo(mac3, serverA) // follows its account, though the text is the same
	b.sentTo(theirs, serverA)
	if p, err := b.Phone(mac1); err != nil || p.Owner != acme.ID || p.Registered != first.Registered {
		b.Errorf("%+v, %v; was %+v", p, err, first)
	}
	// Not even an operator does so with another's.
	o = batch(store.RuleRetarget, olga.ID, store.Change{MAC: mac2, URL: elsewhere})
	o.Was = urlB
	b.results(o, store.ErrNotFound)

	// From the account's URL to one of its own, and back.
	o = batch(store.RuleRetarget, acme.ID, store.Change{MAC: mac3, URL: elsewhere})
	b.results(o, nil)
	b.sentTo(mac3, elsewhere.String())
	o.Was, o.Changes = elsewhere, []store.Change{{MAC: mac3}}
	b.results(o, nil)
	b.sentTo(mac3, serverA)

	// But a registered phone always has one.
	_, err = b.register(macaddr.MustParse("000413000001"), olga.ID, urlA)
	b.must(err)
	o = batch(store.RuleRetarget, olga.ID, store.Change{MAC: macaddr.MustParse("000413000001")})
	o.Was = urlA
	b.results(o, store.ErrNoSettingServer)
	b.sentTo(macaddr.MustParse("000413000001"), serverA)
}

func transferredPhones(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	held := macaddr.MustParse("1C7126FFFFFF")
	b.results(batch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlA}, store.Change{MAC: held}), nil, nil, nil)
	_, err := b.deregister(held, acme.ID)
	b.must(err)
	first, err := b.Phone(mac1)
	b.must(err)
	time.Sleep(time.Minute)

	for _, by := range []store.AccountID{acme.ID, bravo.ID} {
		_, err := b.one(store.RuleTransfer, by, bravo.ID, mac1, none)
		b.want(err, store.ErrNotOperator)
	}
	o := store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: store.RuleTransfer, Owner: bravo.ID,
		Changes: []store.Change{{MAC: held}, {MAC: mac3}, {MAC: mac2}, {MAC: mac1}}}
	results := b.results(o, store.ErrNotFound, store.ErrNotFound, nil, nil)
	first.Owner = bravo.ID
	if p, err := b.Phone(mac1); err != nil || p != first || p != results[3].Next {
		b.Errorf("%+v, %v; want %+v", p, err, first)
	}
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA) // its own goes with it
	for owner, want := range map[store.AccountID]int{acme.ID: 0, bravo.ID: 2, 0: 2} {
		if page, err := b.Phones(owner, macaddr.Addr{}, 9); err != nil || len(page) != want {
			b.Errorf("account %d: %+v, %v", owner, page, err)
		}
	}
	// The old owner has no more say, the new one has.
	_, err = b.deregister(mac1, acme.ID)
	b.want(err, store.ErrTaken)
	_, err = b.deregister(mac1, bravo.ID)
	b.must(err)
	// Whom it belongs to already keeps it.
	if out, err := b.one(store.RuleTransfer, olga.ID, bravo.ID, mac2, none); err != nil || out.Prev != out.Next {
		b.Errorf("%+v, %v", out, err)
	}
}

func transferNeedsAServer(b *bench) {
	acme, bare := b.account("acme", store.Partner, serverA), b.account("bare", store.Partner, "")
	olga := b.account("olga", store.Operator, "")
	b.results(batch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlB}), nil, nil)
	o := store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: store.RuleTransfer, Owner: bare.ID,
		Changes: []store.Change{{MAC: mac1}, {MAC: mac2}}}
	b.results(o, store.ErrNoSettingServer, nil)
	b.sentTo(mac1, serverA)
	b.sentTo(mac2, serverB)
	// An operator that is disabled transfers nothing.
	b.account("otto", store.Operator, "")
	_, err := b.UpdateAccount(audit, false, olga.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	b.must(err)
	o.Owner = acme.ID
	b.results(o, store.ErrNotOperator, store.ErrNotOperator)
}
