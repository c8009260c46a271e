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

// newBatch returns a batch by and for one account.
func newBatch(rule store.Rule, by store.AccountID, changes ...store.Change) store.Batch {
	return store.Batch{Audit: store.Audit{Actor: by, Command: "TEST"}, Rule: rule, Owner: by, Changes: changes}
}

// change runs a batch and checks the errors of its results, and that a refused
// change has left its phone unchanged.
func (b *bench) change(batch store.Batch, want ...error) []store.Result {
	b.Helper()
	results, err := b.Change(batch)
	b.must(err)
	if len(results) != len(batch.Changes) || len(results) != len(want) {
		b.Fatalf("%d results of %d changes, want %d", len(results), len(batch.Changes), len(want))
	}
	for i, r := range results {
		if !errors.Is(r.Err, want[i]) {
			b.Errorf("change %d of %v: %v, want %v", i, batch.Changes[i].MAC, r.Err, want[i])
		}
		if r.Err != nil && r.Prev != r.Next {
			b.Errorf("change %d was refused (%v) but turned %+v into %+v", i, r.Err, r.Prev, r.Next)
		}
	}
	return results
}

func resultsAreInOrder(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac2, bravo.ID, none)
	b.must(err)
	changes := []store.Change{{MAC: mac3, URL: urlB}, {MAC: mac2}, {MAC: mac1}}
	results := b.change(newBatch(store.RuleRegister, acme.ID, changes...), nil, store.ErrTaken, nil)
	for _, i := range []int{0, 2} {
		stored, err := b.Phone(changes[i].MAC)
		b.must(err)
		if r := results[i]; r.Prev != (store.Phone{}) || r.Next != stored || stored.MAC != changes[i].MAC || stored.URL != changes[i].URL || stored.Owner != acme.ID {
			b.Errorf("change %d: %+v; stored %+v", i, r, stored)
		}
	}
	if results[1].Prev.Owner != bravo.ID {
		b.Errorf("%+v", results[1])
	}
	b.sentTo(mac2, serverB)
	// A refused change does not affect the others.
	b.change(newBatch(store.RuleDeregister, acme.ID, changes...), nil, store.ErrTaken, nil)
	if left, err := b.Phones(0, macaddr.Addr{}, 9); err != nil || len(left) != 1 || left[0].MAC != mac2 {
		b.Errorf("%+v, %v", left, err)
	}
}

func theLastChangeCounts(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	other := store.RestoreURL("http://own.example/")
	results := b.change(newBatch(store.RuleRegister, acme.ID,
		store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: mac1, URL: urlB}, store.Change{MAC: mac2}, store.Change{MAC: mac2, URL: other},
	), nil, nil, nil, nil)
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, other.String())
	if results[2].Prev != results[0].Next || results[3].Prev != results[2].Next || results[0].Prev != (store.Phone{}) {
		b.Errorf("the results for one phone do not follow from each other: %+v", results)
	}
	if stored, err := b.Phone(mac2); err != nil || stored != results[3].Next {
		b.Errorf("%+v, %v; want %+v", stored, err, results[3].Next)
	}
	if page, err := b.Phones(acme.ID, macaddr.Addr{}, 9); err != nil || len(page) != 2 {
		b.Errorf("%+v, %v", page, err)
	}
	// The second deregistration finds nothing.
	b.change(newBatch(store.RuleDeregister, acme.ID, store.Change{MAC: mac2}, store.Change{MAC: mac2}), nil, store.ErrNotFound)
	_, err := b.Phone(mac2)
	b.want(err, store.ErrNotFound)
}

func atomicBatches(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac2, bravo.ID, none)
	b.must(err)
	before := b.state()
	batch := newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac3}, store.Change{MAC: mac2}, store.Change{MAC: mac1, URL: urlB})
	batch.Atomic = true
	results := b.change(batch, nil, store.ErrTaken, nil)
	if results[2].Next.URL != urlB || results[2].Next.Owner != acme.ID {
		b.Errorf("the result of a change that was rolled back: %+v", results[2])
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("although a change was refused, %+v became %+v", before, after)
	}
	batch.Changes = slices.Delete(batch.Changes, 1, 2)
	b.change(batch, nil, nil)
	b.sentTo(mac1, serverB)
	b.sentTo(mac3, serverA)
}

// A dry run returns the same results, and changes nothing.
func dryRunsOfBatches(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	held := macaddr.MustParse("1C7126FFFFFF")
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2, URL: urlB}, store.Change{MAC: held}), nil, nil, nil)
	_, err := b.deregister(held, acme.ID)
	b.must(err)
	job, err := b.BeginJob(store.Job{Account: acme.ID, Command: "TEST"})
	b.must(err)
	before := b.state()
	for name, c := range map[string]struct {
		batch store.Batch
		want  []error
	}{
		"register":   {newBatch(store.RuleRegister, bravo.ID, store.Change{MAC: mac3}, store.Change{MAC: mac1}), []error{nil, store.ErrTaken}},
		"own URL":    {newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1, URL: urlB}), []error{nil}},
		"take back":  {newBatch(store.RuleRegister, acme.ID, store.Change{MAC: held}), []error{nil}},
		"deregister": {newBatch(store.RuleDeregister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac3}), []error{nil, store.ErrNotFound}},
		"retarget":   {newBatch(store.RuleRetarget, acme.ID, store.Change{MAC: mac1, URL: urlB}, store.Change{MAC: mac2, URL: urlB}), []error{nil, store.ErrNotFound}},
		"transfer":   {newBatch(store.RuleTransfer, olga.ID, store.Change{MAC: mac2}, store.Change{MAC: mac1}), []error{nil, store.ErrNoSettingServer}},
		"free":       {newBatch(store.RuleFree, olga.ID, store.Change{MAC: held}, store.Change{MAC: mac1}), []error{nil, store.ErrNotHeld}},
	} {
		for _, atomic := range []bool{false, true} {
			batch, progress := c.batch, job
			progress.Lines, progress.Done = 7, atomic
			batch.DryRun, batch.Atomic, batch.Job = true, atomic, &progress
			if results := b.change(batch, c.want...); results[0].Prev == results[0].Next {
				b.Errorf("%s: the result changes nothing: %+v", name, results[0])
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

func accountsOfBatches(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	before := b.state()
	for _, c := range []struct {
		rule      store.Rule
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
		_, err := b.one(c.rule, c.by, c.owner, mac1, urlB)
		b.want(err, store.ErrNoAccount)
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
	// An operator can register for another account.
	r, err := b.one(store.RuleRegister, olga.ID, acme.ID, mac2, none)
	b.must(err)
	if r.Next.Owner != acme.ID {
		b.Errorf("%+v", r.Next)
	}
}

func emptyBatch(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	before := b.state()
	b.change(newBatch(store.RuleRegister, acme.ID))
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
}

// A batch with many changes in random order has the same results as the same
// changes one by one.
func phonesInRandomOrder(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, serverA)
	const phones = 20
	mac := func(i int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("%012X", 0x000413FFFFF0+i)) }
	var current [phones]store.Phone
	random := rand.New(rand.NewPCG(1, 2))
	accounts := map[store.AccountID]store.Account{acme.ID: acme, bravo.ID: bravo, olga.ID: olga}
	ids := []store.AccountID{acme.ID, bravo.ID, olga.ID}
	for range 60 {
		batch := newBatch(store.Rule(random.IntN(int(store.RuleFree)+1)), ids[random.IntN(3)])
		batch.Owner = ids[random.IntN(3)]
		batch.From = []store.AccountID{0, batch.Audit.Actor}[random.IntN(2)]
		batch.Was = []store.URL{none, urlA}[random.IntN(2)]
		var is []int
		for range random.IntN(phones) {
			i := random.IntN(phones)
			is = append(is, i)
			batch.Changes = append(batch.Changes, store.Change{MAC: mac(i), URL: []store.URL{none, urlA, urlB}[random.IntN(3)]})
		}
		var want []store.Result
		var errs []error
		for k, i := range is {
			r := batch.Apply(batch.Changes[k], current[i], accounts[batch.Audit.Actor], accounts[batch.Owner], time.Hour, time.Now())
			current[i] = r.Next
			want, errs = append(want, r), append(errs, r.Err)
		}
		if got := b.change(batch, errs...); !slices.Equal(got, want) {
			b.Fatalf("%+v: %+v, want %+v", batch, got, want)
		}
		owned := map[store.AccountID][]store.Phone{}
		for i, p := range current {
			p = p.At(time.Now())
			stored, err := b.Phone(mac(i))
			if p.Owner == 0 {
				b.want(err, store.ErrNotFound)
			} else if b.must(err); stored != p {
				b.Fatalf("%+v, want %+v", stored, p)
			}
			if p.Owner != 0 && !p.Held() {
				owned[p.Owner] = append(owned[p.Owner], p)
				owned[0] = append(owned[0], p)
			}
		}
		held := map[store.AccountID]int{}
		for _, p := range current {
			if p = p.At(time.Now()); p.Held() {
				held[p.Owner]++
			}
		}
		for _, id := range ids {
			if u, err := b.Usage(id); err != nil || u.Phones != len(owned[id]) || u.Held != held[id] {
				b.Fatalf("account %d: %+v, %v; want %d phones and %d on hold", id, u, err, len(owned[id]), held[id])
			}
		}
		for _, id := range append(ids, 0) {
			if page, err := b.Phones(id, macaddr.Addr{}, 99); err != nil || !slices.Equal(page, owned[id]) {
				b.Fatalf("account %d has %+v, %v; want %+v", id, page, err, owned[id])
			}
		}
		time.Sleep(time.Duration(random.IntN(30)) * time.Minute)
	}
}
