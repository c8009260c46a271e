package storetest

import (
	"time"

	"snomredirect/store"
)

// same compares uploads but for the clock that their time was read from.
func same(a, c store.Job) bool {
	begun := a.Begun.Equal(c.Begun)
	a.Begun, c.Begun = time.Time{}, time.Time{}
	return begun && a == c
}

func (b *bench) uploads(account store.AccountID, want ...store.Job) {
	b.Helper()
	all, err := b.Jobs(account)
	b.must(err)
	ok := len(all) == len(want)
	for i := 0; ok && i < len(all); i++ {
		ok = same(all[i], want[i])
	}
	if !ok {
		b.Fatalf("account %d has the uploads %+v, want %+v", account, all, want)
	}
}

func uploadsAreTold(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	b.uploads(acme.ID)
	given := store.Job{Account: acme.ID, Command: "REGISTER", RemoteAddr: "192.0.2.1", Begun: time.Now()}
	first, err := b.BeginJob(given)
	b.must(err)
	given.ID = first.ID
	if first.ID == 0 || !same(first, given) {
		b.Errorf("%+v, given %+v", first, given)
	}
	second, err := b.BeginJob(store.Job{Account: acme.ID, Command: "DEREGISTER", Begun: time.Now(), Lines: 3})
	b.must(err)
	theirs, err := b.BeginJob(store.Job{Account: bravo.ID, Command: "REGISTER", Begun: time.Now()})
	b.must(err)
	for range 2 {
		b.uploads(acme.ID, first, second)
		b.uploads(bravo.ID, theirs)
		b.uploads(99)
		b.reopen(0)
	}
	b.must(b.EndJob(first))
	b.must(b.EndJob(first)) // once more does no harm
	b.uploads(acme.ID, second)
	third, err := b.BeginJob(store.Job{Account: acme.ID})
	b.must(err)
	if third.ID == first.ID || third.ID == second.ID {
		b.Errorf("number %d was given out twice", third.ID)
	}
	b.reopen(0)
	b.uploads(acme.ID, second, third)
	b.uploads(bravo.ID, theirs)
}

func uploadsProgress(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac3, bravo.ID, none)
	b.must(err)
	u, err := b.BeginJob(store.Job{Account: acme.ID, Command: "REGISTER", Begun: time.Now()})
	b.must(err)
	o := batch(store.RuleRegister, acme.ID, store.Change{MAC: mac1})
	u.Lines = 50_000
	o.Job = &u
	b.results(o, nil)
	b.reopen(0)
	b.uploads(acme.ID, u)
	b.sentTo(mac1, serverA)

	// What is refused is done with, too.
	u.Lines = 100_000
	o.Changes, o.Atomic = []store.Change{{MAC: mac3}}, true
	b.results(o, store.ErrTaken)
	if u.Failed != 0 {
		b.Errorf("the batch's own job was changed: %+v", u)
	}
	u.Failed = 1
	b.uploads(acme.ID, u)

	// Where the order fails, progress fails with it.
	stays := u
	u.Lines = 150_000
	o.Owner = 99
	_, err = b.Change(o)
	b.want(err, store.ErrNoAccount)
	b.uploads(acme.ID, stays)

	u.Done = true
	o.Owner, o.Changes = acme.ID, []store.Change{{MAC: mac2}}
	b.results(o, nil)
	b.uploads(acme.ID)
	b.sentTo(mac2, serverA)
	b.reopen(0)
	b.uploads(acme.ID)
}

func uploadsOfAccounts(b *bench) {
	b.account("olga", store.Operator, "")
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	var theirs []store.Job
	for range 3 {
		_, err := b.BeginJob(store.Job{Account: acme.ID})
		b.must(err)
		u, err := b.BeginJob(store.Job{Account: bravo.ID})
		b.must(err)
		theirs = append(theirs, u)
	}
	b.must(b.RemoveAccount(audit, true, acme.ID))
	if all, err := b.Jobs(acme.ID); err != nil || len(all) != 3 {
		b.Errorf("%+v, %v", all, err)
	}
	b.must(b.RemoveAccount(audit, false, acme.ID))
	b.uploads(acme.ID)
	b.uploads(bravo.ID, theirs...)
}
