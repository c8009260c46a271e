package main

import (
	"cmp"
	"context"
	"slices"

	"snomredirect/sshconsole/status"
	"snomredirect/store"
	"snomredirect/store/census"
)

// maxSilent is how many accounts with phones that never called STATUS names.
const maxSilent = 10

// status returns what STATUS shows.
func (v *service) status(ctx context.Context) (r status.Report, err error) {
	r.Version, _ = built()
	r.Started, r.LastBackup = v.started, v.backups.Last()
	if r.Phones, err = v.db.CountPhones(); err != nil {
		return r, err
	}
	accounts, err := v.db.Accounts()
	if err != nil {
		return r, err
	}
	r.Accounts = len(accounts)
	counted, err := v.census.Count(ctx)
	if err != nil {
		return r, err
	}
	r.Counted, r.Silent = counted.At, silentAccounts(accounts, counted)
	for _, n := range counted.Accounts {
		r.NeverCalled += n.NeverCalled
	}
	return r, nil
}

// silentAccounts returns the accounts with the most phones that never called.
func silentAccounts(accounts []store.Account, counted census.Result) []status.Account {
	silent := []status.Account{}
	for _, a := range accounts {
		if n := counted.Accounts[a.ID]; n.NeverCalled > 0 {
			silent = append(silent, status.Account{Name: a.Name, Phones: n.Phones, NeverCalled: n.NeverCalled, LongSilent: n.LongSilent})
		}
	}
	slices.SortStableFunc(silent, func(a, b status.Account) int {
		return cmp.Or(cmp.Compare(b.LongSilent, a.LongSilent), cmp.Compare(b.NeverCalled, a.NeverCalled))
	})
	return silent[:min(len(silent), maxSilent)]
}
