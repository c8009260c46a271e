package storetest

import (
	"fmt"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func (b *bench) claim(by store.AccountID, mac macaddr.Addr) (store.Claim, error) {
	return b.MakeClaim(store.Audit{Actor: by, Name: "me", Command: "CLAIM"}, false, mac, store.ClaimTime)
}

func (b *bench) claims(want int) []store.Claim {
	b.Helper()
	all, err := b.Claims()
	b.must(err)
	if len(all) != want {
		b.Fatalf("%d open claims, want %d: %+v", len(all), want, all)
	}
	return all
}

func provenClaims(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac1, acme.ID, urlA)
	b.must(err)
	first, err := b.claim(bravo.ID, mac1)
	b.must(err)
	other, err := b.register(mac2, acme.ID, none)
	b.must(err)
	second, err := b.claim(bravo.ID, mac2)
	b.must(err)
	if len(first.Code) != 26 || first.Code == second.Code || !first.Until.Equal(first.Made.Add(time.Hour)) {
		b.Errorf("%+v, %+v", first, second)
	}
	b.reopen(time.Hour)
	before := b.state()
	for _, code := range []string{"", "x", strings.ToUpper(first.Code), second.Code} {
		b.want(b.ProveClaim(mac1, code), store.ErrNoClaim)
	}
	b.want(b.ProveClaim(mac2, first.Code), store.ErrNoClaim)
	if after := b.state(); fmt.Sprint(before) != fmt.Sprint(after) {
		b.Errorf("%+v became %+v", before, after)
	}
	// The owner can't evade a claim by releasing the phone.
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	b.must(b.ProveClaim(mac1, first.Code))
	b.sentTo(mac1, serverB) // the old URL is gone
	b.want(b.ProveClaim(mac1, first.Code), store.ErrNoClaim)
	if p, err := b.Phone(mac2); err != nil || p != other {
		b.Errorf("%+v, %v", p, err)
	}
	// Each history has the claim and its success, and the other's name only as that
	// of the account that a phone came from or went to.
	for id, name := range map[store.AccountID]store.Name{acme.ID: "", bravo.ID: "me"} {
		n := 0
		for _, e := range b.entries(id) {
			if strings.HasPrefix(e.Audit.Command, "CLAIM") && macs(e) == mac1.String() {
				n++
				if e.Audit.Name != "" && e.Audit.Name != name {
					b.Errorf("%+v", e)
				}
			}
		}
		if n != 2 {
			b.Errorf("account %d has %d entries of the claim", id, n)
		}
	}
	time.Sleep(time.Hour)
	b.want(b.ProveClaim(mac2, second.Code), store.ErrNoClaim)
	b.claims(0)
}

func refusedClaims(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	bare, olga := b.account("bare", store.Partner, ""), b.account("olga", store.Operator, serverB)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	for by, want := range map[store.AccountID]error{acme.ID: store.ErrOwnPhone, bare.ID: store.ErrNoSettingServer} {
		_, err := b.claim(by, mac1)
		b.want(err, want)
	}
	_, err = b.claim(bravo.ID, mac2)
	b.want(err, store.ErrNotFound)
	_, err = b.claim(bravo.ID, mac1)
	b.must(err)
	_, err = b.claim(bravo.ID, mac1)
	b.want(err, store.ErrClaimed)
	_, err = b.MakeClaim(store.Audit{Actor: olga.ID}, true, mac1, time.Hour)
	b.must(err)
	b.claims(1)
	made := 1
	for i := range 40 { // five at a time and twenty a day
		mac := macaddr.MustParse(fmt.Sprintf("0004130000%02X", i))
		_, err = b.register(mac, acme.ID, none)
		b.must(err)
		if _, err = b.claim(bravo.ID, mac); err == nil {
			made++
			continue
		}
		b.want(err, store.ErrTooManyClaims)
		_, err = b.claim(olga.ID, mac)
		b.must(err)
		time.Sleep(time.Hour)
	}
	if made != 20 {
		b.Errorf("%d claims in a day, want 20", made)
	}
}

func decidedClaims(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	carla, olga := b.account("carla", store.Partner, serverA), b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	c, err := b.claim(bravo.ID, mac1)
	b.must(err)
	_, err = b.claim(carla.ID, mac1)
	b.must(err)
	by := func(id store.AccountID) store.Audit { return store.Audit{Actor: id, Command: "TEST"} }
	b.want(b.ObjectToClaims(by(bravo.ID), false, mac1), store.ErrNoClaim)
	b.must(b.ObjectToClaims(by(acme.ID), true, mac1))
	b.must(b.ObjectToClaims(by(acme.ID), false, mac1))
	b.want(b.ObjectToClaims(by(acme.ID), false, mac1), store.ErrNoClaim)
	b.want(b.ProveClaim(mac1, c.Code), store.ErrNoClaim) // the phone learns nothing
	b.sentTo(mac1, serverA)
	time.Sleep(2 * time.Hour)
	if open := b.claims(1); !open[0].Proven || !open[0].Objected {
		b.Errorf("%+v", open)
	}
	b.want(b.DecideClaim(by(bravo.ID), false, mac1, bravo.ID, true), store.ErrNotOperator)
	b.want(b.DecideClaim(by(olga.ID), false, mac1, carla.ID, true), store.ErrNoClaim)
	b.must(b.DecideClaim(by(olga.ID), true, mac1, bravo.ID, true))
	b.sentTo(mac1, serverA)
	b.must(b.DecideClaim(by(olga.ID), false, mac1, bravo.ID, true))
	b.sentTo(mac1, serverB)
	_, err = b.claim(acme.ID, mac1)
	b.must(err)
	b.must(b.DecideClaim(by(olga.ID), false, mac1, acme.ID, false))
	b.sentTo(mac1, serverB)
	b.claims(0)
}

// Claims end with their account.
func claimsOfAccounts(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	carla := b.account("carla", store.Partner, serverB)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	removed, err := b.claim(bravo.ID, mac1)
	b.must(err)
	disabled, err := b.claim(carla.ID, mac1)
	b.must(err)
	b.must(b.RemoveAccount(audit, false, bravo.ID))
	_, err = b.UpdateAccount(audit, false, carla.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	b.must(err)
	b.claims(0)
	for _, c := range []store.Claim{removed, disabled} {
		b.want(b.ProveClaim(mac1, c.Code), store.ErrNoClaim)
	}
	b.sentTo(mac1, serverA)
}

// A claim wins no phone beyond the claimant's quota, and what it wins is counted.
func claimsAndQuotas(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	quota := func(n int) {
		_, err := b.UpdateAccount(audit, false, bravo.ID, func(a *store.Account) error { a.Quota = n; return nil })
		b.must(err)
	}
	quota(1)
	_, err := b.register(mac1, bravo.ID, none)
	b.must(err)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	c, err := b.claim(bravo.ID, mac2)
	b.must(err)
	b.want(b.ProveClaim(mac2, c.Code), store.ErrQuota)
	b.sentTo(mac2, serverA)
	quota(2)
	b.must(b.ProveClaim(mac2, c.Code))
	b.sentTo(mac2, serverB)
	for id, want := range map[store.AccountID]int{acme.ID: 0, bravo.ID: 2} {
		if u, err := b.Usage(id); err != nil || u.Phones != want {
			b.Errorf("account %d: %+v, %v", id, u, err)
		}
	}
}

// Of two claimants whose claims a phone proves at the same time, one gets it.
func racingClaims(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	carla := b.account("carla", store.Partner, serverB)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	var codes []string
	for _, by := range []store.AccountID{bravo.ID, carla.ID} {
		c, err := b.claim(by, mac1)
		b.must(err)
		codes = append(codes, c.Code)
	}
	proofs := make(chan error)
	for _, code := range codes {
		go func() { proofs <- b.ProveClaim(mac1, code) }()
	}
	first, second := <-proofs, <-proofs
	if first != nil {
		first, second = second, first
	}
	b.must(first)
	b.want(second, store.ErrNoClaim)
	b.claims(0)
	b.sentTo(mac1, serverB)
}
