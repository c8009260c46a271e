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
	b.change(newBatch(store.RuleRegister, acme.ID,
		store.Change{MAC: mac1, URL: urlA}, store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: mac3}, store.Change{MAC: held, URL: urlA}), nil, nil, nil, nil)
	_, err := b.register(theirs, bravo.ID, urlA)
	b.must(err)
	_, err = b.deregister(held, acme.ID)
	b.must(err)
	first, err := b.Phone(mac1)
	b.must(err)
	time.Sleep(time.Minute)

	elsewhere := store.RestoreURL("http://new.example/")
	batch := newBatch(store.RuleRetarget, acme.ID)
	batch.Was = urlA
	for _, mac := range []macaddr.Addr{theirs, mac3, mac2, held, mac1} {
		batch.Changes = append(batch.Changes, store.Change{MAC: mac, URL: elsewhere})
	}
	b.change(batch, store.ErrNotFound, store.ErrNotFound, store.ErrNotFound, store.ErrNotFound, nil)
	b.sentTo(mac1, elsewhere.String())
	b.sentTo(mac2, serverB)
	b.sentTo(mac3, serverA) // follows its account, although the URL is the same
	b.sentTo(theirs, serverA)
	if p, err := b.Phone(mac1); err != nil || p.Owner != acme.ID || p.Registered != first.Registered {
		b.Errorf("%+v, %v; was %+v", p, err, first)
	}
	// Not even an operator can retarget another's phone.
	batch = newBatch(store.RuleRetarget, olga.ID, store.Change{MAC: mac2, URL: elsewhere})
	batch.Was = urlB
	b.change(batch, store.ErrNotFound)

	// From the account's URL to a URL of its own, and back.
	batch = newBatch(store.RuleRetarget, acme.ID, store.Change{MAC: mac3, URL: elsewhere})
	b.change(batch, nil)
	b.sentTo(mac3, elsewhere.String())
	batch.Was, batch.Changes = elsewhere, []store.Change{{MAC: mac3}}
	b.change(batch, nil)
	b.sentTo(mac3, serverA)

	// A registered phone always has a setting server.
	_, err = b.register(macaddr.MustParse("000413000001"), olga.ID, urlA)
	b.must(err)
	batch = newBatch(store.RuleRetarget, olga.ID, store.Change{MAC: macaddr.MustParse("000413000001")})
	batch.Was = urlA
	b.change(batch, store.ErrNoSettingServer)
	b.sentTo(macaddr.MustParse("000413000001"), serverA)
}

func transferredPhones(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	held := macaddr.MustParse("1C7126FFFFFF")
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlA}, store.Change{MAC: held}), nil, nil, nil)
	_, err := b.deregister(held, acme.ID)
	b.must(err)
	first, err := b.Phone(mac1)
	b.must(err)
	time.Sleep(time.Minute)

	for _, by := range []store.AccountID{acme.ID, bravo.ID} {
		_, err := b.one(store.RuleTransfer, by, bravo.ID, mac1, none)
		b.want(err, store.ErrNotOperator)
	}
	batch := store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: store.RuleTransfer, Owner: bravo.ID,
		Changes: []store.Change{{MAC: held}, {MAC: mac3}, {MAC: mac2}, {MAC: mac1}}}
	results := b.change(batch, store.ErrNotFound, store.ErrNotFound, nil, nil)
	first.Owner = bravo.ID
	if p, err := b.Phone(mac1); err != nil || p != first || p != results[3].Next {
		b.Errorf("%+v, %v; want %+v", p, err, first)
	}
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA) // its own URL stays
	for owner, want := range map[store.AccountID]int{acme.ID: 0, bravo.ID: 2, 0: 2} {
		if page, err := b.Phones(owner, macaddr.Addr{}, 9); err != nil || len(page) != want {
			b.Errorf("account %d: %+v, %v", owner, page, err)
		}
	}
	// The new owner can deregister it, the old one can't.
	_, err = b.deregister(mac1, acme.ID)
	b.want(err, store.ErrTaken)
	_, err = b.deregister(mac1, bravo.ID)
	b.must(err)
	// A transfer to its owner changes nothing.
	if r, err := b.one(store.RuleTransfer, olga.ID, bravo.ID, mac2, none); err != nil || r.Prev != r.Next {
		b.Errorf("%+v, %v", r, err)
	}
}

func transferNeedsAServer(b *bench) {
	acme, bare := b.account("acme", store.Partner, serverA), b.account("bare", store.Partner, "")
	olga := b.account("olga", store.Operator, "")
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlB}), nil, nil)
	batch := store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: store.RuleTransfer, Owner: bare.ID,
		Changes: []store.Change{{MAC: mac1}, {MAC: mac2}}}
	b.change(batch, store.ErrNoSettingServer, nil)
	b.sentTo(mac1, serverA)
	b.sentTo(mac2, serverB)
	// A disabled operator can't transfer.
	b.account("otto", store.Operator, "")
	_, err := b.UpdateAccount(audit, false, olga.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	b.must(err)
	batch.Owner = acme.ID
	b.change(batch, store.ErrNotOperator, store.ErrNotOperator)
}
