package storetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// command changes the company of an account, so that there is an entry.
func (b *bench) command(audit store.Audit, id store.AccountID) {
	b.Helper()
	_, err := b.UpdateAccount(audit, false, id, func(a *store.Account) error { a.Company += "x"; return nil })
	b.must(err)
}

// Commands that differ only in their phones are one entry, with the phones of all.
func historyJoins(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	time.Sleep(time.Second)
	begun := time.Now()
	audit := store.Audit{Actor: acme.ID, Name: "acme", RemoteAddr: "192.0.2.1", Credential: "password", Command: "REGISTER"}
	for _, mac := range []macaddr.Addr{mac2, mac3, mac1} {
		_, err := b.Change(store.Batch{Audit: audit, Owner: acme.ID, Changes: []store.Change{{MAC: mac}}})
		b.must(err)
		time.Sleep(time.Second)
		_, err = b.Change(store.Batch{Audit: store.Audit{Actor: acme.ID, Name: "acme", Command: "DEREGISTER"}, Rule: store.RuleDeregister, Changes: []store.Change{{MAC: mac}}})
		b.must(err)
		time.Sleep(time.Second)
	}
	all := b.entries(acme.ID)
	if len(all) != 3 || all[1].Audit.Command != "REGISTER" || all[1].Times != 3 || !all[1].Audit.Begun.Equal(begun) || !all[1].Last.Equal(begun.Add(4*time.Second)) ||
		macs(all[1]) != fmt.Sprint(mac1, " ", mac2, " ", mac3) || all[0].Times != 3 || !all[0].Last.Equal(begun.Add(5*time.Second)) || all[2].Times != 1 || !all[2].Last.Equal(all[2].Audit.Begun) {
		b.Errorf("%+v", all)
	}
	// Any other difference, or a later time, is another entry.
	for i, change := range []func(*store.Audit){
		func(a *store.Audit) { a.RemoteAddr = "192.0.2.2" },
		func(a *store.Audit) { a.Credential = "SHA256:x" },
		func(a *store.Audit) { a.Agent = "tool" },
		func(a *store.Audit) { a.Name = "olga" },
		func(a *store.Audit) { a.Detail = serverB },
		func(a *store.Audit) { a.Begun = begun.Add(store.JoinTime + time.Second) },
	} {
		other := audit
		change(&other)
		rule := store.Rule(i % 2)
		_, err := b.Change(store.Batch{Audit: other, Rule: rule, Owner: acme.ID, Changes: []store.Change{{MAC: mac1}}})
		b.must(err)
		if n := len(b.entries(acme.ID)); n != 4+i {
			b.Errorf("%d: %d entries", i, n)
		}
	}
}

// A reader who is at an entry that is extended goes on after it.
func historyJoinsUnderAReader(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	for i := range 5 {
		time.Sleep(time.Second)
		b.command(store.Audit{Command: fmt.Sprint("C", i)}, acme.ID)
	}
	var got []string
	var before store.Mark
	for {
		page, err := b.History(acme.ID, macaddr.Addr{}, before, 1)
		b.must(err)
		if len(page) == 0 {
			break
		}
		got, before = append(got, page[0].Audit.Command), page[0].Mark
		time.Sleep(time.Second)
		for i := range 5 {
			b.command(store.Audit{Command: fmt.Sprint("C", i)}, acme.ID)
		}
	}
	if want := []string{"C4", "C3", "C2", "C1", "C0", "TEST"}; !slices.Equal(got, want) {
		b.Errorf("%q, want %q", got, want)
	}
}

// Entries of one class never delete those of another, and a partner can't flood those
// about its account.
func historyClasses(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	time.Sleep(time.Second)
	b.command(store.Audit{Name: "acme", Command: "SERVER", Detail: "http://hijack.example/"}, acme.ID)
	most, _ := store.AboutPhones.Bounds()
	const atOnce = 200
	var done sync.WaitGroup
	for i := range atOnce { // so that a backend can store several together
		done.Go(func() {
			mac := macaddr.MustParse(fmt.Sprintf("0004130000%02X", i))
			for j := range most/atOnce + 2 {
				rule := []store.Rule{store.RuleRegister, store.RuleDeregister}[j%2]
				audit := store.Audit{Actor: acme.ID, Name: "acme", Command: "C", Detail: fmt.Sprint(i, j)}
				if _, err := b.Change(store.Batch{Audit: audit, Rule: rule, Owner: acme.ID, Changes: []store.Change{{MAC: mac}}}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	done.Wait()
	// Changes that are stored together may leave some entries too many to the next one.
	_, err := b.Change(store.Batch{Audit: store.Audit{Actor: acme.ID, Name: "acme", Command: "LAST"}, Owner: acme.ID, Changes: []store.Change{{MAC: mac1}}})
	b.must(err)
	if all := b.ofClass(acme.ID, store.AboutPhones); len(all) != most {
		b.Errorf("%d entries about phones, want %d", len(all), most)
	}
	if all := b.ofClass(acme.ID, store.AboutAccounts); len(all) != 2 || all[0].Audit.Command != "SERVER" {
		b.Errorf("about the account: %+v", all)
	}
	change := func(by store.Name, detail string, want error) {
		b.Helper()
		time.Sleep(time.Second)
		_, err := b.UpdateAccount(store.Audit{Name: by, Command: "SERVER", Detail: detail}, false, acme.ID, func(a *store.Account) error {
			a.Company = detail
			return nil
		})
		b.want(err, want)
	}
	time.Sleep(time.Hour)
	for i := range store.MaxOwnChanges - 1 {
		change("acme", fmt.Sprint(i), nil)
	}
	for range 3 {
		change("acme", "the last", store.ErrTooManyChanges)
		if a, err := b.Account(acme.ID); err != nil || a.Company != fmt.Sprint(store.MaxOwnChanges-2) {
			b.Errorf("%+v, %v", a, err)
		}
	}
	change("olga", "an operator's", nil)
	all := b.ofClass(acme.ID, store.AboutAccounts)
	if len(all) != store.MaxOwnChanges+2 || all[0].Audit.Detail != "an operator's" || all[1].Times != 1 || all[len(all)-2].Audit.Detail != "http://hijack.example/" {
		b.Errorf("%d entries: %+v", len(all), all)
	}
	b.away(24*time.Hour, 0)
	change("acme", "a day later", nil)
}

// ofClass returns the entries of one class of an account's history, newest first.
func (b *bench) ofClass(account store.AccountID, class store.Class) (all []store.Entry) {
	b.Helper()
	var before store.Mark
	for {
		page, err := b.History(account, macaddr.Addr{}, before, 1000)
		b.must(err)
		if len(page) == 0 {
			return all
		}
		for _, e := range page {
			if before = e.Mark; e.Class() == class {
				all = append(all, e)
			}
		}
	}
}
