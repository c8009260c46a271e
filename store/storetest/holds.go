package storetest

import (
	"fmt"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func phonesOnHold(b *bench) {
	b.reopen(24 * time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, serverB)
	p, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	before := time.Now()
	r, err := b.one(store.RuleDeregister, acme.ID, 0, mac1, none)
	b.must(err)
	if r.Prev != p {
		b.Errorf("deregistered %+v, want %+v", r.Prev, p)
	}
	for _, again := range []bool{false, true} {
		if again {
			b.reopen(0) // existing holds stay, whatever the configuration is now
		}
		held, err := b.Phone(mac1)
		b.must(err)
		if held != r.Next || !held.Held() || held.Owner != acme.ID || held.MAC != mac1 || held.URL != urlB || !held.Registered.IsZero() ||
			held.HeldUntil.Before(before.Add(24*time.Hour)) || held.HeldUntil.After(before.Add(24*time.Hour+time.Second)) ||
			held.HeldUntil.Location() != time.UTC || held.HeldUntil.Nanosecond() != 0 {
			b.Errorf("%+v, want %+v", held, r.Next)
		}
		_, err = b.Redirection(mac1)
		b.want(err, store.ErrNotFound)
		for _, owner := range []store.AccountID{acme.ID, 0} {
			if page, err := b.Phones(owner, macaddr.Addr{}, 9); err != nil || len(page) != 1 || page[0].MAC != mac2 {
				b.Errorf("account %d: %+v, %v", owner, page, err)
			}
		}
		for by, want := range map[store.AccountID]error{acme.ID: store.ErrNotFound, olga.ID: store.ErrNotFound, bravo.ID: store.ErrTaken} {
			_, err := b.deregister(mac1, by)
			b.want(err, want)
		}
		for _, owner := range []store.AccountID{bravo.ID, olga.ID} { // not even an operator may
			_, err := b.register(mac1, owner, none)
			b.want(err, store.ErrTaken)
		}
		_, err = b.one(store.RuleTransfer, olga.ID, bravo.ID, mac1, none)
		b.want(err, store.ErrNotFound)
		if stored, err := b.Phone(mac1); err != nil || stored != held {
			b.Errorf("after refusals: %+v, %v", stored, err)
		}
		registered, err := b.Phone(mac2)
		b.must(err)
		if some, err := b.PhonesOf([]macaddr.Addr{mac3, mac2, mac1}); err != nil || !slices.Equal(some, []store.Phone{registered, held}) {
			b.Errorf("%+v, %v", some, err)
		}
	}
	b.away(25*time.Hour, time.Minute)
	if some, err := b.PhonesOf([]macaddr.Addr{mac1, mac2}); err != nil || len(some) != 1 || some[0].MAC != mac2 {
		b.Errorf("after the hold: %+v, %v", some, err)
	}
	// Holds do not prevent the removal of their account.
	_, err = b.deregister(mac2, acme.ID)
	b.must(err)
	b.must(b.RemoveAccount(audit, false, acme.ID))
}

func ownersTakeBack(b *bench) {
	b.reopen(2 * time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	first, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	time.Sleep(time.Hour)
	_, err = b.deregister(mac1, olga.ID) // on hold for its owner, whoever deregisters it
	b.must(err)
	time.Sleep(time.Hour)
	p, err := b.register(mac1, acme.ID, none)
	b.must(err)
	if p.Held() || !p.Registered.Equal(first.Registered.Add(2*time.Hour)) || p.Owner != acme.ID {
		b.Errorf("%+v, first %+v", p, first)
	}
	b.sentTo(mac1, serverA) // its old URL is gone
	if stored, err := b.Phone(mac1); err != nil || stored != p {
		b.Errorf("%+v, %v; want %+v", stored, err, p)
	}
	if page, err := b.Phones(acme.ID, macaddr.Addr{}, 9); err != nil || len(page) != 1 || page[0] != p {
		b.Errorf("%+v, %v", page, err)
	}
	// Nothing is left of the hold.
	_, err = b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.want(err, store.ErrNotHeld)
	time.Sleep(4 * time.Hour) // the hold would have ended
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	b.sentTo(mac1, serverA)
	_, err = b.register(mac1, bravo.ID, none)
	b.want(err, store.ErrTaken)
}

func operatorsFree(b *bench) {
	b.reopen(24 * time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	for _, mac := range []macaddr.Addr{mac1, mac2} {
		_, err := b.register(mac, acme.ID, none)
		b.must(err)
	}
	_, err := b.deregister(mac1, acme.ID)
	b.must(err)
	for _, by := range []store.AccountID{acme.ID, bravo.ID} {
		_, err := b.one(store.RuleFree, by, 0, mac1, none)
		b.want(err, store.ErrNotOperator)
	}
	batch := newBatch(store.RuleFree, olga.ID, store.Change{MAC: mac3}, store.Change{MAC: mac2}, store.Change{MAC: mac1}, store.Change{MAC: mac1})
	b.change(batch, store.ErrNotHeld, store.ErrNotHeld, nil, store.ErrNotHeld)
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA)
}

func noHolds(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	r, err := b.one(store.RuleDeregister, acme.ID, 0, mac1, none)
	b.must(err)
	if r.Next != (store.Phone{}) {
		b.Errorf("%+v is left", r.Next)
	}
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.want(err, store.ErrNotHeld)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
}

func holdsEnd(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	time.Sleep(time.Second / 3) // so that the hour does not end on a full second
	p, err := b.register(mac1, acme.ID, none)
	b.must(err)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	for _, mac := range []macaddr.Addr{mac1, mac2} {
		_, err = b.deregister(mac, acme.ID)
		b.must(err)
	}
	time.Sleep(time.Hour)
	_, err = b.register(mac1, bravo.ID, none)
	b.want(err, store.ErrTaken) // never early
	time.Sleep(time.Second)
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
	for by, want := range map[store.AccountID]error{acme.ID: store.ErrNotFound, bravo.ID: store.ErrNotFound} {
		_, err = b.deregister(mac1, by)
		b.want(err, want)
	}
	_, err = b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.want(err, store.ErrNotHeld)
	r, err := b.one(store.RuleRegister, bravo.ID, bravo.ID, mac1, none)
	b.must(err)
	if r.Prev != (store.Phone{}) || r.Next.Registered.Equal(p.Registered) {
		b.Errorf("%+v", r)
	}
	b.sentTo(mac1, serverB)
	b.reopen(time.Hour)
	b.sentTo(mac1, serverB)
	_, err = b.Phone(mac2)
	b.want(err, store.ErrNotFound)
	// The last owner no longer has precedence.
	_, err = b.register(mac1, acme.ID, none)
	b.want(err, store.ErrTaken)
}

// The end of an old hold does not end a newer hold of the same phone, however many
// expired holds there are to drop.
func heldAgain(b *bench) {
	b.reopen(2 * time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	churn := func(n int) {
		var changes []store.Change
		for i := range n {
			changes = append(changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("F8E7D6%06X", i))})
		}
		for _, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister} {
			_, err := b.Change(newBatch(rule, acme.ID, changes...))
			b.must(err)
		}
	}
	churn(100) // these holds end before those of mac1 and mac2
	time.Sleep(time.Second)
	for _, mac := range []macaddr.Addr{mac1, mac2} {
		_, err := b.register(mac, acme.ID, none)
		b.must(err)
		_, err = b.deregister(mac, acme.ID)
		b.must(err)
	}
	// mac1 is registered and deregistered again before its hold ends, mac2 after.
	time.Sleep(30 * time.Minute)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	time.Sleep(store.HoldAgain)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	time.Sleep(31 * time.Minute)
	_, err = b.register(mac2, bravo.ID, none)
	b.must(err)
	_, err = b.deregister(mac2, bravo.ID)
	b.must(err)
	for range 10 {
		churn(20)
	}
	for mac, owner := range map[macaddr.Addr]store.AccountID{mac1: acme.ID, mac2: bravo.ID} {
		if p, err := b.Phone(mac); err != nil || !p.Held() || p.Owner != owner {
			b.Errorf("%+v, %v; want it on hold for %d", p, err, owner)
		}
	}
	_, err = b.register(mac1, bravo.ID, none)
	b.want(err, store.ErrTaken)
	_, err = b.register(mac2, acme.ID, none)
	b.want(err, store.ErrTaken)
}

func holdsOutliveAnAccount(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	for _, mac := range []macaddr.Addr{mac1, mac2} {
		_, err := b.register(mac, acme.ID, none)
		b.must(err)
		_, err = b.deregister(mac, acme.ID)
		b.must(err)
	}
	b.must(b.RemoveAccount(audit, false, acme.ID))
	again := b.account("acme", store.Partner, serverA)
	for _, other := range []store.AccountID{bravo.ID, again.ID} { // the same name is not the same account
		_, err := b.register(mac1, other, none)
		b.want(err, store.ErrTaken)
	}
	_, err := b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.must(err)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
	time.Sleep(time.Hour + time.Second)
	_, err = b.register(mac2, again.ID, none)
	b.must(err)
}

// An account can't keep phones on hold by registering and deregistering them.
func holdsAreNotRepeated(b *bench) {
	b.reopen(24 * time.Hour)
	acme, olga := b.account("acme", store.Partner, serverA), b.account("olga", store.Operator, "")
	held := func(want bool) {
		b.Helper()
		r, err := b.one(store.RuleDeregister, acme.ID, 0, mac1, none)
		b.must(err)
		if r.Next.Held() != want || want != (r.Next.Owner == acme.ID) {
			b.Errorf("%+v, held: %v", r.Next, want)
		}
	}
	register := func(url store.URL) {
		b.Helper()
		p, err := b.register(mac1, acme.ID, url)
		b.must(err)
		if stored, err := b.Phone(mac1); err != nil || stored != p {
			b.Errorf("%+v, %v; want %+v", stored, err, p)
		}
	}
	register(none)
	held(true)
	for _, url := range []store.URL{none, urlB} {
		register(url) // from a hold
		time.Sleep(store.HoldAgain - time.Second)
		register(url) // which changes nothing
		held(false)
		register(url)
		held(true)
	}
	register(urlB)
	time.Sleep(store.HoldAgain)
	held(true)

	// Operators can leave out the hold; partners can't.
	register(none)
	deregister := store.Batch{Audit: store.Audit{Actor: acme.ID}, Rule: store.RuleDeregister, NoHold: true, Changes: []store.Change{{MAC: mac1}}}
	r, err := b.Change(deregister)
	b.must(err)
	b.want(r[0].Err, store.ErrNotOperator)
	time.Sleep(store.HoldAgain)
	deregister.Audit.Actor = olga.ID
	r, err = b.Change(deregister)
	b.must(err)
	if r[0].Err != nil || r[0].Next != (store.Phone{}) {
		b.Errorf("%+v", r[0])
	}
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
}
