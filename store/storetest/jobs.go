package storetest

import (
	"time"

	"snomredirect/store"
)

// same reports whether two jobs are equal, comparing their times with Time.Equal.
func same(x, y store.Job) bool {
	begun := x.Begun.Equal(y.Begun)
	x.Begun, y.Begun = time.Time{}, time.Time{}
	return begun && x == y
}

// jobs checks the jobs of an account.
func (b *bench) jobs(account store.AccountID, want ...store.Job) {
	b.Helper()
	all, err := b.Jobs(account)
	b.must(err)
	ok := len(all) == len(want)
	for i := 0; ok && i < len(all); i++ {
		ok = same(all[i], want[i])
	}
	if !ok {
		b.Fatalf("account %d has the jobs %+v, want %+v", account, all, want)
	}
}

func jobsAreListed(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	b.jobs(acme.ID)
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
		b.jobs(acme.ID, first, second)
		b.jobs(bravo.ID, theirs)
		b.jobs(99)
		b.reopen(0)
	}
	b.must(b.EndJob(first))
	b.must(b.EndJob(first)) // ending it again is not an error
	b.jobs(acme.ID, second)
	third, err := b.BeginJob(store.Job{Account: acme.ID})
	b.must(err)
	if third.ID == first.ID || third.ID == second.ID {
		b.Errorf("ID %d was assigned twice", third.ID)
	}
	b.reopen(0)
	b.jobs(acme.ID, second, third)
	b.jobs(bravo.ID, theirs)
}

func jobsProgress(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(mac3, bravo.ID, none)
	b.must(err)
	job, err := b.BeginJob(store.Job{Account: acme.ID, Command: "REGISTER", Begun: time.Now()})
	b.must(err)
	batch := newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1})
	job.Lines = 50_000
	batch.Job = &job
	b.change(batch, nil)
	b.reopen(0)
	b.jobs(acme.ID, job)
	b.sentTo(mac1, serverA)

	// The job is stored even if a change is refused.
	job.Lines = 100_000
	batch.Changes, batch.Atomic = []store.Change{{MAC: mac3}}, true
	b.change(batch, store.ErrTaken)
	if job.Failed != 0 {
		b.Errorf("the batch's own job was changed: %+v", job)
	}
	job.Failed = 1
	b.jobs(acme.ID, job)

	// If the batch fails, the job is not stored.
	stored := job
	job.Lines = 150_000
	batch.Owner = 99
	_, err = b.Change(batch)
	b.want(err, store.ErrNoAccount)
	b.jobs(acme.ID, stored)

	job.Done = true
	batch.Owner, batch.Changes = acme.ID, []store.Change{{MAC: mac2}}
	b.change(batch, nil)
	b.jobs(acme.ID)
	b.sentTo(mac2, serverA)
	b.reopen(0)
	b.jobs(acme.ID)
}

func jobsOfAccounts(b *bench) {
	b.account("olga", store.Operator, "")
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	var theirs []store.Job
	for range 3 {
		_, err := b.BeginJob(store.Job{Account: acme.ID})
		b.must(err)
		job, err := b.BeginJob(store.Job{Account: bravo.ID})
		b.must(err)
		theirs = append(theirs, job)
	}
	b.must(b.RemoveAccount(audit, true, acme.ID))
	if all, err := b.Jobs(acme.ID); err != nil || len(all) != 3 {
		b.Errorf("%+v, %v", all, err)
	}
	b.must(b.RemoveAccount(audit, false, acme.ID))
	b.jobs(acme.ID)
	b.jobs(bravo.ID, theirs...)
}
