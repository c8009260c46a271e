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

// entries returns all of a history, newest first.
func (b *bench) entries(account store.AccountID) []store.Entry {
	b.Helper()
	all, err := b.History(account, macaddr.Addr{}, store.Mark{}, 1000)
	b.must(err)
	return all
}

// macs returns the MACs of an entry, in one text.
func macs(e store.Entry) string {
	var all []string
	for _, r := range e.MACs {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}

func historyTellsTheCause(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	begun := time.Now().Add(-12345 * time.Microsecond)
	c := store.Audit{Actor: olga.ID, Name: "olga", RemoteAddr: "192.0.2.1", Credential: "SHA256:x", Agent: "tool/1.0 <é>", Begun: begun, Command: "REGISTER", Detail: "http://<a>/?b=1&c=\"2\""}
	_, err := b.Change(store.Batch{Audit: c, Rule: store.RuleRegister, Owner: acme.ID, Changes: []store.Change{{MAC: mac1}}})
	b.must(err)
	for range 2 {
		e := b.entries(acme.ID)[1] // the account was added since
		if !e.Audit.Begun.Equal(begun) || e.Audit.Begun.Location() != time.UTC {
			b.Errorf("begun %v, want %v", e.Audit.Begun, begun)
		}
		want := c
		want.Actor, want.Begun = 0, e.Audit.Begun
		if e.Audit != want || e.Account != acme.ID || e.Name != "acme" || e.Other != "" || e.Away || macs(e) != mac1.String() || e.Mark.IsZero() {
			b.Errorf("%+v, want the audit %+v", e, want)
		}
		b.reopen(0)
	}
	if all := b.entries(olga.ID); len(all) != 1 {
		b.Errorf("who did it has %+v", all)
	}
	// What names no time is of now.
	time.Sleep(time.Second)
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	if e := b.entries(acme.ID)[0]; !e.Audit.Begun.Equal(time.Now()) {
		b.Errorf("%v, want %v", e.Audit.Begun, time.Now())
	}
}

func historyTellsRanges(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	_, err := b.register(macaddr.MustParse("000413000012"), bravo.ID, none)
	b.must(err)
	time.Sleep(time.Second)
	var changes []store.Change
	for _, i := range []int{5, 0x12, 3, 4, 0x10, 5, 0x11, 0x13, 0xFFFFFF, 0x1000000} {
		changes = append(changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+i))})
	}
	_, err = b.Change(batch(store.RuleRegister, acme.ID, changes...))
	b.must(err)
	all := b.entries(acme.ID)
	if want := "000413000003-000413000005 000413000010-000413000011 000413000013 000413FFFFFF 000414000000"; len(all) != 2 || macs(all[0]) != want {
		b.Errorf("%+v, want %s", all, want)
	}
}

// each rule tells the account whose phones it changed.
func historyOfKinds(b *bench) {
	b.reopen(time.Hour)
	acme := b.account("acme", store.Partner, serverA)
	olga := b.account("olga", store.Operator, "")
	steps := []struct {
		kind store.Rule
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
		_, err := b.Change(store.Batch{Audit: store.Audit{Actor: s.by, Command: fmt.Sprint(i)}, Rule: s.kind, Owner: acme.ID,
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

// What changes nothing is not told.
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

// The history of one phone names no other, and is told page by page as well.
func historyOfOnePhone(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	var changes []store.Change
	for i := range 10 {
		changes = append(changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+i+1))})
	}
	first, inside, outside := changes[0].MAC, changes[5].MAC, macaddr.MustParse("00041300000B")
	step := func(o store.Batch) {
		time.Sleep(time.Second)
		_, err := b.Change(o)
		b.must(err)
	}
	step(batch(store.RuleRegister, acme.ID, changes...))
	step(batch(store.RuleDeregister, acme.ID, changes[:3]...))
	step(store.Batch{Audit: store.Audit{Actor: olga.ID, Command: "TRANSFER"}, Rule: store.RuleTransfer, Owner: bravo.ID, Changes: changes[3:]})
	step(batch(store.RuleDeregister, bravo.ID, changes[5]))
	for _, c := range []struct {
		account store.AccountID
		mac     macaddr.Addr
		want    int
	}{
		{acme.ID, inside, 2}, {bravo.ID, inside, 2}, {0, inside, 4},
		{acme.ID, first, 2}, {bravo.ID, first, 0}, {0, first, 2},
		{0, outside, 0}, {acme.ID, mac1, 0}, {olga.ID, inside, 0},
	} {
		for _, n := range []int{1, 3, 9} {
			var got []store.Entry
			var before store.Mark
			for {
				page, err := b.History(c.account, c.mac, before, n)
				b.must(err)
				if len(page) == 0 {
					break
				}
				got = append(got, page...)
				before = page[len(page)-1].Mark
			}
			if len(got) != c.want {
				b.Errorf("%v of account %d by %d: %+v, want %d", c.mac, c.account, n, got, c.want)
			}
			for _, e := range got {
				if macs(e) != c.mac.String() {
					b.Errorf("%v of account %d: %s is named", c.mac, c.account, macs(e))
				}
			}
		}
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
	tell := func(id store.AccountID) (all []line) {
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
		if got := tell(id); !slices.Equal(got, want) {
			b.Errorf("account %d: %+v, want %+v", id, got, want)
		}
	}
	// To the one who has it is nothing to tell.
	_, err = b.one(store.RuleTransfer, olga.ID, bravo.ID, mac1, none)
	b.must(err)
	if got := tell(bravo.ID); len(got) != 2 {
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
	// A new account of that name starts with its own.
	again := b.account("acme", store.Partner, serverB)
	if e := b.entries(again.ID); len(e) != 1 {
		b.Errorf("%+v", e)
	}
	// What becomes of a phone still held is told of the account that is gone.
	_, err = b.one(store.RuleFree, olga.ID, 0, mac1, none)
	b.must(err)
	if page, err := b.History(acme.ID, mac1, store.Mark{}, 1); err != nil || len(page) != 1 || macs(page[0]) != mac1.String() {
		b.Errorf("%+v, %v", page, err)
	}
}
