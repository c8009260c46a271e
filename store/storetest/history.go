package storetest

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// entries returns all entries of a history, newest first.
func (b *bench) entries(account store.AccountID) []store.Entry {
	b.Helper()
	all, err := b.History(account, macaddr.Addr{}, store.Mark{}, 1000)
	b.must(err)
	return all
}

// macs returns the MACs of an entry, separated by spaces.
func macs(e store.Entry) string {
	var all []string
	for _, r := range e.MACs {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}

func historyHasTheAudit(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	begun := time.Now().Add(-12345 * time.Microsecond)
	audit := store.Audit{Actor: olga.ID, Name: "olga", RemoteAddr: "192.0.2.1", Credential: "SHA256:x", Agent: "tool/1.0 <é>", Begun: begun, Command: "REGISTER", Detail: "http://<a>/?b=1&c=\"2\""}
	_, err := b.Change(store.Batch{Audit: audit, Rule: store.RuleRegister, Owner: acme.ID, Changes: []store.Change{{MAC: mac1}}})
	b.must(err)
	for range 2 {
		e := b.entries(acme.ID)[1] // entry 0 is that of adding the account
		if !e.Audit.Begun.Equal(begun) || e.Audit.Begun.Location() != time.UTC {
			b.Errorf("begun %v, want %v", e.Audit.Begun, begun)
		}
		want := audit
		want.Actor, want.Begun = 0, e.Audit.Begun
		if e.Audit != want || e.Account != acme.ID || e.Name != "acme" || e.Other != "" || e.Away || macs(e) != mac1.String() || e.Mark.IsZero() {
			b.Errorf("%+v, want the audit %+v", e, want)
		}
		b.reopen(0)
	}
	if all := b.entries(olga.ID); len(all) != 1 {
		b.Errorf("the actor has %+v", all)
	}
	// If Begun is zero, the current time is stored.
	time.Sleep(time.Second)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	if e := b.entries(acme.ID)[0]; !e.Audit.Begun.Equal(time.Now()) {
		b.Errorf("%v, want %v", e.Audit.Begun, time.Now())
	}
}

func historyHasRanges(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(macaddr.MustParse("000413000012"), bravo.ID, none)
	b.must(err)
	time.Sleep(time.Second)
	var changes []store.Change
	for _, i := range []int{5, 0x12, 3, 4, 0x10, 5, 0x11, 0x13, 0xFFFFFF, 0x1000000} {
		changes = append(changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+i))})
	}
	_, err = b.Change(newBatch(store.RuleRegister, acme.ID, changes...))
	b.must(err)
	all := b.entries(acme.ID)
	if want := "000413000003-000413000005 000413000010-000413000011 000413000013 000413FFFFFF 000414000000"; len(all) != 2 || macs(all[0]) != want {
		b.Errorf("%+v, want %s", all, want)
	}
}

// The batch of each rule is in the history of the account whose phones it changed.
func historyOfRules(b *bench) {
	b.reopen(time.Hour)
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	steps := []struct {
		rule store.Rule
		by   store.AccountID
		url  store.URL
	}{
		{store.RuleRegister, acme.ID, none},
		{store.RuleRegister, acme.ID, urlB},
		{store.RuleRetarget, acme.ID, urlA},
		{store.RuleDeregister, olga.ID, none},
		{store.RuleRegister, acme.ID, none},
		{store.RuleDeregister, acme.ID, none},
		{store.RuleFree, olga.ID, none},
	}
	for i, s := range steps {
		time.Sleep(time.Second)
		if s.rule == store.RuleDeregister {
			time.Sleep(store.HoldAgain)
		}
		_, err := b.Change(store.Batch{Audit: store.Audit{Actor: s.by, Command: fmt.Sprint(i)}, Rule: s.rule, Owner: acme.ID,
			Was: urlB, Changes: []store.Change{{MAC: mac1, URL: s.url}}})
		b.must(err)
		all := b.entries(acme.ID)
		if len(all) != i+2 || all[0].Audit.Command != fmt.Sprint(i) || macs(all[0]) != mac1.String() || all[0].Other != "" || all[0].Away {
			b.Fatalf("step %d: %+v", i, all)
		}
	}
	if all := b.entries(olga.ID); len(all) != 1 {
		b.Errorf("the operator has %+v", all)
	}
	b.reopen(0)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	if all := b.entries(acme.ID); len(all) != len(steps)+3 || macs(all[0]) != mac1.String() {
		b.Errorf("without a hold: %+v", all)
	}
}

// What changes nothing is not in the history.
func historyOfNothing(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	before := b.entries(0)
	time.Sleep(time.Minute)
	_, err = b.register(mac1, acme.ID, urlB)
	b.must(err)
	_, err = b.register(mac1, bravo.ID, none)
	b.want(err, store.ErrTaken)
	_, err = b.deregister(mac2, bravo.ID)
	b.want(err, store.ErrNotFound)
	_, err = b.one(store.RuleTransfer, olga.ID, acme.ID, mac1, none)
	b.must(err)
	_, err = b.UpdateAccount(audit, false, acme.ID, func(a *store.Account) error { a.SettingServer = urlA; return nil })
	b.must(err)
	_, err = b.UpdateAccount(audit, false, acme.ID, func(a *store.Account) error { a.Company = "X"; return store.ErrNoKey })
	b.want(err, store.ErrNoKey)
	_, err = b.AddAccount(audit, false, store.Account{Name: "acme"})
	b.want(err, store.ErrNameTaken)
	b.want(b.RemoveAccount(audit, false, acme.ID), store.ErrOwnsPhones)
	if after := b.entries(0); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
}

func historyOfAccounts(b *bench) {
	b.account("olga", store.Operator, "")
	acme, err := b.AddAccount(store.Audit{Command: "ADD", Name: "olga"}, false, store.Account{Name: "acme"})
	b.must(err)
	for i, change := range []func(*store.Account){
		func(a *store.Account) { a.Company = "ACME" },
		func(a *store.Account) { a.SettingServer = urlA },
		func(a *store.Account) { a.PasswordHash = "hash" },
		func(a *store.Account) { a.Disabled = true },
	} {
		time.Sleep(time.Second)
		_, err := b.UpdateAccount(store.Audit{Command: fmt.Sprint("UPDATE ", i), Detail: "d"}, false, acme.ID, func(a *store.Account) error { change(a); return nil })
		b.must(err)
	}
	time.Sleep(time.Second)
	b.must(b.RemoveAccount(store.Audit{Command: "REMOVE"}, false, acme.ID))
	var got []string
	for _, e := range b.entries(acme.ID) {
		got = append(got, e.Audit.Command)
		if e.Name != "acme" || e.Account != acme.ID || e.MACs != nil {
			b.Errorf("%+v", e)
		}
	}
	if want := []string{"REMOVE", "UPDATE 3", "UPDATE 2", "UPDATE 1", "UPDATE 0", "ADD"}; !slices.Equal(got, want) {
		b.Errorf("%q, want %q", got, want)
	}
}

func historyOfATransfer(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	carl := b.account("carl", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	for mac, owner := range map[macaddr.Addr]store.AccountID{mac1: acme.ID, mac2: carl.ID, mac3: acme.ID} {
		_, err := b.register(mac, owner, none)
		b.must(err)
	}
	time.Sleep(time.Second)
	_, err := b.Change(store.Batch{Audit: store.Audit{Actor: olga.ID, Name: "olga", Command: "TRANSFER"}, Rule: store.RuleTransfer, Owner: bravo.ID,
		Changes: []store.Change{{MAC: mac3}, {MAC: mac2}, {MAC: mac1}}})
	b.must(err)
	type line struct {
		name, other store.Name
		away        bool
		macs        string
	}
	transfers := func(id store.AccountID) (all []line) {
		for _, e := range b.entries(id) {
			if e.Audit.Command == "TRANSFER" {
				all = append(all, line{e.Name, e.Other, e.Away, macs(e)})
			}
		}
		slices.SortFunc(all, func(a, c line) int { return cmp.Compare(a.other, c.other) })
		return all
	}
	for id, want := range map[store.AccountID][]line{
		acme.ID:  {{"acme", "bravo", true, mac1.String() + " " + mac3.String()}},
		carl.ID:  {{"carl", "bravo", true, mac2.String()}},
		bravo.ID: {{"bravo", "acme", false, mac1.String() + " " + mac3.String()}, {"bravo", "carl", false, mac2.String()}},
		olga.ID:  nil,
	} {
		if got := transfers(id); !slices.Equal(got, want) {
			b.Errorf("account %d: %+v, want %+v", id, got, want)
		}
	}
	// A transfer to the owner is not in the history.
	_, err = b.one(store.RuleTransfer, olga.ID, bravo.ID, mac1, none)
	b.must(err)
	if got := transfers(bravo.ID); len(got) != 2 {
		b.Errorf("%+v", got)
	}
}

func historyOutlivesAccounts(b *bench) {
	b.reopen(time.Hour)
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	b.must(b.RemoveAccount(store.Audit{Command: "REMOVE"}, false, acme.ID))
	before := b.entries(acme.ID)
	all := b.entries(0)
	if len(before) != 4 || len(all) != 5 {
		b.Errorf("%+v of %+v", before, all)
	}
	b.reopen(time.Hour)
	if after := b.entries(acme.ID); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
	// A new account of the same name has its own history.
	again := b.account("acme", store.Partner, serverB)
	if e := b.entries(again.ID); len(e) != 1 {
		b.Errorf("%+v", e)
	}
	// The history of the removed account continues for a phone still on hold.
	_, err = b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.must(err)
	if page, err := b.History(acme.ID, mac1, store.Mark{}, 1); err != nil || len(page) != 1 || macs(page[0]) != mac1.String() {
		b.Errorf("%+v, %v", page, err)
	}
}
