package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// order is an order by and for one account.
func batch(kind store.Rule, by store.AccountID, changes ...store.Change) store.Batch {
	return store.Batch{Audit: store.Audit{Actor: by, Command: "TEST"}, Rule: kind, Owner: by, Changes: changes}
}

// results carries out a batch and holds the errors of its results against
// those wanted; the phones before and after are held against what is kept.
func (b *bench) results(o store.Batch, want ...error) []store.Result {
	b.Helper()
	results, err := b.Change(o)
	b.must(err)
	if len(results) != len(o.Changes) || len(results) != len(want) {
		b.Fatalf("%d results of %d changes, want %d", len(results), len(o.Changes), len(want))
	}
	for i, out := range results {
		if !errors.Is(out.Err, want[i]) {
			b.Errorf("change %d of %v: %v, want %v", i, o.Changes[i].MAC, out.Err, want[i])
		}
		if out.Err != nil && out.Prev != out.Next {
			b.Errorf("change %d was refused (%v), and made %+v of %+v", i, out.Err, out.Next, out.Prev)
		}
	}
	return results
}

func outcomesAreInOrder(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac2, bravo.ID, none)
	b.must(err)
	changes := []store.Change{{MAC: mac3, URL: urlB}, {MAC: mac2}, {MAC: mac1}}
	results := b.results(batch(store.RuleRegister, acme.ID, changes...), nil, store.ErrTaken, nil)
	for _, i := range []int{0, 2} {
		kept, err := b.Phone(changes[i].MAC)
		b.must(err)
		if out := results[i]; out.Prev != (store.Phone{}) || out.Next != kept || kept.MAC != changes[i].MAC || kept.URL != changes[i].URL || kept.Owner != acme.ID {
			b.Errorf("change %d: %+v; kept %+v", i, out, kept)
		}
	}
	if results[1].Prev.Owner != bravo.ID {
		b.Errorf("%+v", results[1])
	}
	b.sentTo(mac2, serverB)
	// What one refuses keeps nothing of the others.
	b.results(batch(store.RuleDeregister, acme.ID, changes...), nil, store.ErrTaken, nil)
	if left, err := b.Phones(0, macaddr.Addr{}, 9); err != nil || len(left) != 1 || left[0].MAC != mac2 {
		b.Errorf("%+v, %v", left, err)
	}
}

func theLastChangeCounts(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	other := store.RestoreURL("http://own.example/")
	results := b.results(batch(store.RuleRegister, acme.ID,
		store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: mac1, URL: urlB}, store.Change{MAC: mac2}, store.Change{MAC: mac2, URL: other},
	), nil, nil, nil, nil)
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, other.String())
	if results[2].Prev != results[0].Next || results[3].Prev != results[2].Next || results[0].Prev != (store.Phone{}) {
		b.Errorf("the changes of one phone don't follow each other: %+v", results)
	}
	if kept, err := b.Phone(mac2); err != nil || kept != results[3].Next {
		b.Errorf("%+v, %v; want %+v", kept, err, results[3].Next)
	}
	if page, err := b.Phones(acme.ID, macaddr.Addr{}, 9); err != nil || len(page) != 2 {
		b.Errorf("%+v, %v", page, err)
	}
	// It is gone once.
	b.results(batch(store.RuleDeregister, acme.ID, store.Change{MAC: mac2}, store.Change{MAC: mac2}), nil, store.ErrNotFound)
	_, err := b.Phone(mac2)
	b.want(err, store.ErrNotFound)
}

func atomicOrders(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac2, bravo.ID, none)
	b.must(err)
	before := b.state()
	o := batch(store.RuleRegister, acme.ID, store.Change{MAC: mac3}, store.Change{MAC: mac2}, store.Change{MAC: mac1, URL: urlB})
	o.Atomic = true
	results := b.results(o, nil, store.ErrTaken, nil)
	if results[2].Next.URL != urlB || results[2].Next.Owner != acme.ID {
		b.Errorf("what would have been: %+v", results[2])
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("one change was refused, and %+v became %+v", before, after)
	}
	o.Changes = slices.Delete(o.Changes, 1, 2)
	b.results(o, nil, nil)
	b.sentTo(mac1, serverB)
	b.sentTo(mac3, serverA)
}

// A dry run tells what would become of each change, and leaves all as it was.
func triedOrders(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	held := macaddr.MustParse("1C7126FFFFFF")
	b.results(batch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: held}), nil, nil, nil)
	_, err := b.deregister(held, acme.ID)
	b.must(err)
	upload, err := b.BeginJob(store.Job{Account: acme.ID, Command: "TEST"})
	b.must(err)
	before := b.state()
	for name, c := range map[string]struct {
		batch store.Batch
		want  []error
	}{
		"register":   {batch(store.RuleRegister, bravo.ID, store.Change{MAC: mac3}, store.Change{MAC: mac1}), []error{nil, store.ErrTaken}},
		"own URL":    {batch(store.RuleRegister, acme.ID, store.Change{MAC: mac1, URL: urlB}), []error{nil}},
		"take back":  {batch(store.RuleRegister, acme.ID, store.Change{MAC: held}), []error{nil}},
		"deregister": {batch(store.RuleDeregister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac3}), []error{nil, store.ErrNotFound}},
		"retarget":   {batch(store.RuleRetarget, acme.ID, store.Change{MAC: mac1, URL: urlB}, store.Change{MAC: mac2, URL: urlB}), []error{nil, store.ErrNotFound}},
		"transfer":   {batch(store.RuleTransfer, olga.ID, store.Change{MAC: mac2}, store.Change{MAC: mac1}), []error{nil, store.ErrNoSettingServer}},
		"free":       {batch(store.RuleFree, olga.ID, store.Change{MAC: held}, store.Change{MAC: mac1}), []error{nil, store.ErrNotHeld}},
	} {
		for _, atomic := range []bool{false, true} {
			o := c.batch
			progress := upload
			progress.Lines, progress.Done = 7, atomic
			o.DryRun, o.Atomic, o.Job = true, atomic, &progress
			if results := b.results(o, c.want...); results[0].Prev == results[0].Next {
				b.Errorf("%s: nothing would come of it: %+v", name, results[0])
			}
			if after := b.state(); !reflect.DeepEqual(before, after) {
				b.Errorf("%s: %+v became %+v", name, before, after)
			}
			if p, err := b.Phone(held); err != nil || !p.Held() {
				b.Errorf("%s: %+v, %v", name, p, err)
			}
		}
	}
}

func ordersNameAccounts(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	before := b.state()
	for _, c := range []struct {
		kind      store.Rule
		by, owner store.AccountID
	}{
		{store.RuleRegister, 99, acme.ID},
		{store.RuleRegister, olga.ID, 99},
		{store.RuleRegister, olga.ID, 0},
		{store.RuleDeregister, 99, 0},
		{store.RuleDeregister, 0, 0},
		{store.RuleRetarget, 99, 0},
		{store.RuleTransfer, olga.ID, 99},
		{store.RuleTransfer, olga.ID, 0},
		{store.RuleFree, 99, 0},
	} {
		_, err := b.one(c.kind, c.by, c.owner, mac1, urlB)
		b.want(err, store.ErrNoAccount)
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
	// An operator registers for others.
	out, err := b.one(store.RuleRegister, olga.ID, acme.ID, mac2, none)
	b.must(err)
	if out.Next.Owner != acme.ID {
		b.Errorf("%+v", out.Next)
	}
}

func anEmptyOrder(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	before := b.state()
	b.results(batch(store.RuleRegister, acme.ID))
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
}

// What comes in an order of many, in any order, is what would come of the same
// changes one by one.
func manyPhonesInRandomOrder(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, serverA)
	const phones = 20
	mac := func(i int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("%012X", 0x000413FFFFF0+i)) }
	var now [phones]store.Phone
	r := rand.New(rand.NewPCG(1, 2))
	accounts := map[store.AccountID]store.Account{acme.ID: acme, bravo.ID: bravo, olga.ID: olga}
	ids := []store.AccountID{acme.ID, bravo.ID, olga.ID}
	for range 60 {
		o := batch(store.Rule(r.IntN(int(store.RuleFree)+1)), ids[r.IntN(3)])
		o.Owner = ids[r.IntN(3)]
		o.From = []store.AccountID{0, o.Audit.Actor}[r.IntN(2)]
		o.Was = []store.URL{none, urlA}[r.IntN(2)]
		var is []int
		for range r.IntN(phones) {
			i := r.IntN(phones)
			is = append(is, i)
			o.Changes = append(o.Changes, store.Change{MAC: mac(i), URL: []store.URL{none, urlA, urlB}[r.IntN(3)]})
		}
		var want []store.Result
		var errs []error
		for k, i := range is {
			out := o.Apply(o.Changes[k], now[i], accounts[o.Audit.Actor], accounts[o.Owner], time.Hour, time.Now())
			now[i] = out.Next
			want, errs = append(want, out), append(errs, out.Err)
		}
		if got := b.results(o, errs...); !slices.Equal(got, want) {
			b.Fatalf("%+v: %+v, want %+v", o, got, want)
		}
		owned := map[store.AccountID][]store.Phone{}
		for i, p := range now {
			p = p.At(time.Now())
			kept, err := b.Phone(mac(i))
			if p.Owner == 0 {
				b.want(err, store.ErrNotFound)
			} else if b.must(err); kept != p {
				b.Fatalf("%+v, want %+v", kept, p)
			}
			if p.Owner != 0 && !p.Held() {
				owned[p.Owner] = append(owned[p.Owner], p)
				owned[0] = append(owned[0], p)
			}
		}
		for _, id := range append(ids, 0) {
			if page, err := b.Phones(id, macaddr.Addr{}, 99); err != nil || !slices.Equal(page, owned[id]) {
				b.Fatalf("account %d has %+v, %v; want %+v", id, page, err, owned[id])
			}
		}
		time.Sleep(time.Duration(r.IntN(30)) * time.Minute)
	}
}
