package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"snomredirect/store"
)

// apiKey returns a new API key of an account, which is not stored yet.
func apiKey(account store.AccountID, comment string) store.APIKey {
	return store.APIKey{ID: store.NewAPIKeyID(), Account: account, Comment: comment, Created: time.Now().UTC().Truncate(time.Second), Sealed: []byte("sealed " + comment)}
}

// hasAPIKeys checks the API keys of an account.
func (b *bench) hasAPIKeys(account store.AccountID, want ...store.APIKey) {
	b.Helper()
	all, err := b.APIKeys(account)
	b.must(err)
	if len(all)+len(want) > 0 && !reflect.DeepEqual(all, want) {
		b.Errorf("API keys %+v, want %+v", all, want)
	}
}

// API keys are found by their IDs, and only their account removes them.
func apiKeysAreStored(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.APIKey("")
	b.want(err, store.ErrNoAPIKey)
	_, err = b.APIKey("nothing")
	b.want(err, store.ErrNoAPIKey)
	byAcme := store.Audit{Actor: acme.ID, Name: "acme", Command: "API ADD"}
	first := apiKey(acme.ID, "Büro")
	b.must(b.AddAPIKey(byAcme, true, first))
	b.hasAPIKeys(acme.ID)
	b.must(b.AddAPIKey(byAcme, false, first))
	time.Sleep(time.Second)
	second, others := apiKey(acme.ID, ""), apiKey(bravo.ID, "x")
	b.must(b.AddAPIKey(audit, false, second))
	b.must(b.AddAPIKey(audit, false, others))
	if err := b.AddAPIKey(audit, false, first); err == nil {
		b.Error("an ID was given twice")
	}
	b.want(b.AddAPIKey(audit, false, apiKey(99, "")), store.ErrNoAccount)
	b.reopen(0)
	b.hasAPIKeys(acme.ID, first, second)
	b.hasAPIKeys(bravo.ID, others)
	if k, err := b.APIKey(first.ID); err != nil || !reflect.DeepEqual(k, first) {
		b.Errorf("%+v, %v; want %+v", k, err, first)
	}

	b.want(b.RemoveAPIKey(audit, false, bravo.ID, first.ID), store.ErrNoAPIKey)
	b.want(b.RemoveAPIKey(audit, false, acme.ID, "nothing"), store.ErrNoAPIKey)
	b.must(b.RemoveAPIKey(audit, true, acme.ID, first.ID))
	b.hasAPIKeys(acme.ID, first, second)
	byAcme.Command = "API REMOVE"
	b.must(b.RemoveAPIKey(byAcme, false, acme.ID, first.ID))
	b.want(b.RemoveAPIKey(audit, false, acme.ID, first.ID), store.ErrNoAPIKey)
	_, err = b.APIKey(first.ID)
	b.want(err, store.ErrNoAPIKey)
	b.hasAPIKeys(acme.ID, second)
	commands := ""
	for _, e := range b.ofClass(acme.ID, store.AboutAccounts) {
		commands += e.Audit.Command + "; "
	}
	if want := "API REMOVE; TEST; API ADD; "; commands != want {
		b.Errorf("history: %s, want %s", commands, want)
	}
}

// An account has a bounded number of API keys, and can't change them endlessly.
func boundsOfAPIKeys(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	var last store.APIKey
	for n := range store.MaxAPIKeys {
		last = apiKey(acme.ID, fmt.Sprint(n))
		b.must(b.AddAPIKey(audit, false, last))
	}
	b.want(b.AddAPIKey(audit, false, apiKey(acme.ID, "")), store.ErrTooManyAPIKeys)
	b.want(b.AddAPIKey(audit, true, apiKey(acme.ID, "")), store.ErrTooManyAPIKeys)
	byAcme := store.Audit{Actor: acme.ID, Name: "acme", Command: "API ADD"}
	for n := range store.MaxOwnChanges / 2 {
		time.Sleep(time.Second)
		byAcme.Command, byAcme.Detail = "API REMOVE", last.ID
		b.must(b.RemoveAPIKey(byAcme, false, acme.ID, last.ID))
		last = apiKey(acme.ID, fmt.Sprint(n))
		byAcme.Command, byAcme.Detail = "API ADD", last.ID
		b.must(b.AddAPIKey(byAcme, false, last))
	}
	time.Sleep(time.Second)
	byAcme.Command = "API REMOVE"
	b.want(b.RemoveAPIKey(byAcme, false, acme.ID, last.ID), store.ErrTooManyChanges)
	b.must(b.RemoveAPIKey(audit, false, acme.ID, last.ID)) // an operator
	b.want(b.AddAPIKey(byAcme, false, last), store.ErrTooManyChanges)
}

func profilesAreStored(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	profile := func(name string) store.ProvisioningProfile {
		return store.ProvisioningProfile{UUID: store.NewUUID(), Name: name, ProductGroup: "group"}
	}
	has := func(id store.AccountID, want ...store.ProvisioningProfile) {
		b.Helper()
		all, err := b.ProvisioningProfiles(id)
		b.must(err)
		if len(all)+len(want) > 0 && !reflect.DeepEqual(all, want) {
			b.Errorf("profiles %+v, want %+v", all, want)
		}
	}
	has(acme.ID)
	z, a, theirs := profile("z"), profile("a"), profile("a")
	b.must(b.AddProvisioningProfile(audit, acme.ID, z))
	b.must(b.AddProvisioningProfile(audit, acme.ID, a))
	b.must(b.AddProvisioningProfile(audit, bravo.ID, theirs))
	b.want(b.AddProvisioningProfile(audit, acme.ID, profile("a")), store.ErrProfileExists)
	b.want(b.AddProvisioningProfile(audit, 99, profile("a")), store.ErrNoAccount)
	b.reopen(0)
	has(acme.ID, a, z)
	has(bravo.ID, theirs)
	for n := range store.MaxProvisioningProfiles - 2 {
		b.must(b.AddProvisioningProfile(audit, acme.ID, profile(fmt.Sprint(n))))
	}
	b.want(b.AddProvisioningProfile(audit, acme.ID, profile("one more")), store.ErrTooManyProfiles)
	for n := range store.MaxOwnChanges {
		time.Sleep(time.Second)
		b.must(b.AddProvisioningProfile(store.Audit{Name: "bravo", Detail: fmt.Sprint(n)}, bravo.ID, profile(fmt.Sprint(n))))
	}
	time.Sleep(time.Second)
	b.want(b.AddProvisioningProfile(store.Audit{Name: "bravo"}, bravo.ID, profile("one more")), store.ErrTooManyChanges)
}

// A new account inherits neither API keys nor profiles.
func apiOfRemovedAccounts(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	key, theirs := apiKey(acme.ID, ""), apiKey(bravo.ID, "")
	profile := store.ProvisioningProfile{UUID: store.NewUUID(), Name: "a"}
	b.must(b.AddAPIKey(audit, false, key))
	b.must(b.AddAPIKey(audit, false, apiKey(acme.ID, "")))
	b.must(b.AddAPIKey(audit, false, theirs))
	b.must(b.AddProvisioningProfile(audit, acme.ID, profile))
	b.must(b.AddProvisioningProfile(audit, bravo.ID, profile))
	b.must(b.RemoveAccount(audit, true, acme.ID))
	_, err := b.APIKey(key.ID)
	b.must(err)
	b.must(b.RemoveAccount(audit, false, acme.ID))
	_, err = b.APIKey(key.ID)
	b.want(err, store.ErrNoAPIKey)
	b.hasAPIKeys(acme.ID)
	b.hasAPIKeys(bravo.ID, theirs)
	for id, want := range map[store.AccountID]int{acme.ID: 0, bravo.ID: 1} {
		if all, err := b.ProvisioningProfiles(id); err != nil || len(all) != want {
			b.Errorf("%+v, %v", all, err)
		}
	}
	b.want(b.RemoveAPIKey(audit, false, acme.ID, key.ID), store.ErrNoAPIKey)
}

// Of several that race, as many succeed as there is room for.
func racingAPIKeysAndProfiles(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	var all sync.WaitGroup
	var mu sync.Mutex
	keys, profiles := 0, 0
	for range 2 * store.MaxAPIKeys {
		all.Go(func() {
			errKey := b.AddAPIKey(audit, false, apiKey(acme.ID, ""))
			errProfile := b.AddProvisioningProfile(audit, acme.ID, store.ProvisioningProfile{UUID: store.NewUUID(), Name: "same"})
			mu.Lock()
			defer mu.Unlock()
			if errKey == nil {
				keys++
			}
			if errProfile == nil {
				profiles++
			}
		})
	}
	all.Wait()
	if keys != store.MaxAPIKeys || profiles != 1 {
		b.Errorf("%d keys and %d profiles", keys, profiles)
	}
}
