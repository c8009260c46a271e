package storetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func ownersOnly(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.Phone(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.Redirection(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.deregister(mac1, acme.ID)
	b.want(err, store.ErrNotFound)

	before := time.Now().Add(-time.Second)
	p, err := b.register(mac1, acme.ID, none)
	b.must(err)
	if p.MAC != mac1 || p.Owner != acme.ID || !p.URL.IsZero() || p.Registered.Before(before) || p.Registered.Location() != time.UTC {
		b.Errorf("%+v", p)
	}
	for _, url := range []string{"", serverB} {
		_, err = b.register(mac1, bravo.ID, store.RestoreURL(url))
		b.want(err, store.ErrTaken)
	}
	_, err = b.deregister(mac1, bravo.ID)
	b.want(err, store.ErrTaken)
	if stored, err := b.Phone(mac1); err != nil || stored != p {
		b.Errorf("after refusals: %+v, %v", stored, err)
	}
	prev, err := b.deregister(mac1, acme.ID)
	b.must(err)
	if prev != p {
		b.Errorf("deregistered %+v, want %+v", prev, p)
	}
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
	b.sentTo(mac1, serverB)
}

func operatorsDeregister(b *bench) {
	acme, olga := b.account("acme", store.Partner, serverA), b.account("olga", store.Operator, serverB)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	_, err = b.register(mac1, olga.ID, none)
	b.want(err, store.ErrTaken) // not even an operator can register another's phone
	batch := newBatch(store.RuleDeregister, olga.ID, store.Change{MAC: mac1})
	batch.From = olga.ID
	b.change(batch, store.ErrTaken) // only its own phones
	b.sentTo(mac1, serverA)
	_, err = b.deregister(mac1, olga.ID)
	b.must(err)
	_, err = b.Redirection(mac1)
	b.want(err, store.ErrNotFound)
}

func registerReplaces(b *bench) {
	acme, bare := b.account("acme", store.Partner, serverA), b.account("bare", store.Partner, "")
	_, err := b.register(mac2, bare.ID, none)
	b.want(err, store.ErrNoSettingServer)
	_, err = b.register(mac2, bare.ID, urlB)
	b.must(err)
	_, err = b.register(mac2, bare.ID, none)
	b.want(err, store.ErrNoSettingServer)
	b.sentTo(mac2, serverB)

	first, err := b.register(mac1, acme.ID, none)
	b.must(err)
	b.sentTo(mac1, serverA)
	second, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	b.sentTo(mac1, serverB)
	third, err := b.register(mac1, acme.ID, none)
	b.must(err)
	b.sentTo(mac1, serverA)
	if !second.Registered.Equal(first.Registered) || third != first {
		b.Errorf("registered %v, then %v, then %v", first, second, third)
	}
}

func phonesFollowTheirAccount(b *bench) {
	a := b.account("acme", store.Partner, serverA)
	_, err := b.register(mac1, a.ID, none)
	b.must(err)
	_, err = b.register(mac2, a.ID, urlA)
	b.must(err)
	_, err = b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.SettingServer = urlB; return nil })
	b.must(err)
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA) // the phone's own URL, although the account's was the same
}

func disabledAccountsPhonesServe(b *bench) {
	a := b.account("acme", store.Partner, serverA)
	_, err := b.register(mac1, a.ID, none)
	b.must(err)
	_, err = b.UpdateAccount(audit, false, a.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	b.must(err)
	b.sentTo(mac1, serverA)
}

func pages(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	var all []macaddr.Addr
	owned := map[store.AccountID][]macaddr.Addr{}
	for i, text := range []string{"F8E7D6000001", "0004132202E4", "000413000001", "00087B080000", "1C7126FFFFFF"} {
		mac, owner := macaddr.MustParse(text), []store.AccountID{acme.ID, bravo.ID}[i%2]
		_, err := b.register(mac, owner, none)
		b.must(err)
		all = append(all, mac)
		owned[owner] = append(owned[owner], mac)
	}
	owned[0] = all
	owned[99] = nil
	for owner, want := range owned {
		slices.SortFunc(want, macaddr.Addr.Compare)
		for _, n := range []int{1, 2, len(want) + 1} {
			var got []macaddr.Addr
			var after macaddr.Addr
			for {
				page, err := b.Phones(owner, after, n)
				b.must(err)
				if len(page) > n || len(got) > len(want) {
					b.Fatalf("a page of %d, want at most %d, %d phones so far", len(page), n, len(got))
				}
				for _, p := range page {
					if stored, err := b.Phone(p.MAC); err != nil || stored != p {
						b.Errorf("listed %+v, stored %+v, %v", p, stored, err)
					}
					got = append(got, p.MAC)
					after = p.MAC
				}
				if len(page) < n {
					break
				}
			}
			if !slices.Equal(got, want) {
				b.Errorf("account %d by %d: %v, want %v", owner, n, got, want)
			}
		}
	}
	// Starting after an unregistered address.
	page, err := b.Phones(acme.ID, macaddr.MustParse("000413000002"), 1)
	b.must(err)
	if len(page) != 1 || page[0].MAC.String() != "1C7126FFFFFF" {
		b.Errorf("%v", page)
	}
}

func oneRegistrationWins(b *bench) {
	const partners = 8
	var ids [partners]store.AccountID
	for i := range ids {
		ids[i] = b.account(store.Name(fmt.Sprintf("partner%d", i)), store.Partner, serverA).ID
	}
	var wg sync.WaitGroup
	var errs [partners]error
	for i, id := range ids {
		wg.Go(func() { _, errs[i] = b.register(mac1, id, none) })
	}
	wg.Wait()
	p, err := b.Phone(mac1)
	b.must(err)
	for i, err := range errs {
		if p.Owner == ids[i] {
			b.must(err)
		} else {
			b.want(err, store.ErrTaken)
		}
	}
}

func dataSurvivesReopening(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	p, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	b.reopen(0)
	if stored, err := b.Phone(mac1); err != nil || stored != p {
		b.Errorf("%+v, %v; want %+v", stored, err, p)
	}
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA)
	if a, err := b.AccountNamed("acme"); err != nil || a.ID != acme.ID || !a.Created.Equal(acme.Created) {
		b.Errorf("%+v, %v; want %+v", a, err, acme)
	}
	if bravo := b.account("bravo", store.Partner, ""); bravo.ID == acme.ID {
		b.Error("an account ID was assigned twice")
	}
}
