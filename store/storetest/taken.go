package storetest

import (
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// An account can't find out which phones of a range others have: beyond a number of
// them in a day, all phones that it doesn't have are refused in the same way.
func takenIsBounded(b *bench) {
	acme, mallory := b.account("acme", store.Partner, serverA), b.account("mallory", store.Partner, serverB)
	olga := b.account("olga", store.Operator, serverB)
	mac := func(n int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("0004135%05X", n)) }
	const n = store.MaxTaken + 100
	var taken, all []store.Change
	for i := range n {
		taken = append(taken, store.Change{MAC: mac(2 * i)})
		all = append(all, store.Change{MAC: mac(2 * i)}, store.Change{MAC: mac(2*i + 1)})
	}
	_, err := b.Change(newBatch(store.RuleRegister, acme.ID, taken...))
	b.must(err)
	own, err := b.register(mac1, mallory.ID, none)
	b.must(err)
	count := func(results []store.Result) (free, taken, refused int) {
		for _, r := range results {
			switch r.Err {
			case nil:
				free++
			case store.ErrTaken:
				taken++
			case store.ErrTooManyTaken:
				refused++
			default:
				b.Errorf("%+v", r)
			}
			if r.Err != nil && r.Next != r.Prev {
				b.Errorf("refused, but changed: %+v", r)
			}
		}
		return free, taken, refused
	}
	dryRun := newBatch(store.RuleRegister, mallory.ID, all...)
	dryRun.DryRun = true
	results, err := b.Change(dryRun)
	b.must(err)
	// The last one taken is followed by phones that nobody has, which tell nothing.
	if free, taken, refused := count(results); free != store.MaxTaken-1 || taken != store.MaxTaken || refused != 2*n-free-taken {
		b.Errorf("%d free, %d taken, %d refused", free, taken, refused)
	}
	dryRun.Audit.Actor, dryRun.Owner = olga.ID, olga.ID
	results, err = b.Change(dryRun)
	b.must(err)
	if free, taken, refused := count(results); free != n || taken != n || refused != 0 {
		b.Errorf("an operator: %d free, %d taken, %d refused", free, taken, refused)
	}
	ask := func(by store.Account, mac macaddr.Addr, want error) {
		b.Helper()
		p, err := b.Phone(mac)
		if err != nil && err != store.ErrNotFound {
			b.Fatal(err)
		}
		b.want(b.MayKnow(by, p), want)
	}
	for _, c := range []macaddr.Addr{mac(0), mac(1)} {
		ask(mallory, c, store.ErrTooManyTaken)
		ask(acme, c, nil)
		ask(olga, c, nil)
		for _, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister} {
			results := b.change(newBatch(rule, mallory.ID, store.Change{MAC: c}), store.ErrTooManyTaken)
			if results[0].Next != results[0].Prev {
				b.Errorf("%+v", results[0])
			}
		}
	}
	ask(mallory, mac1, nil)
	if again, err := b.register(mac1, mallory.ID, none); err != nil || again != own {
		b.Errorf("its own phone: %+v, %v", again, err)
	}
	time.Sleep(24*time.Hour/store.MaxTaken + time.Second)
	ask(mallory, mac(1), nil)
	ask(mallory, mac(0), nil)
	ask(mallory, mac(1), store.ErrTooManyTaken)
}
