package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Pages of any size add up to the whole history. That of all accounts is merged
// by time, even if many entries have the same time.
func historyPages(b *bench) {
	ids := []store.AccountID{0}
	for _, name := range []store.Name{"acme", "bravo", "carl"} {
		ids = append(ids, b.account(name, store.Partner, serverA).ID)
	}
	start := time.Now()
	var commands []string
	for i := range 40 { // not sorted by time, and often at the same time
		id := ids[1+i*i%3]
		command := fmt.Sprint(i)
		_, err := b.UpdateAccount(store.Audit{Command: command, Begun: start.Add(time.Duration(i*7%13) * time.Nanosecond)}, false, id,
			func(a *store.Account) error { a.Company = command; return nil })
		b.must(err)
		commands = append(commands, command)
	}
	seen := map[string]int{}
	for _, id := range ids {
		whole := b.entries(id)
		for i, e := range whole {
			if i > 0 && e.Audit.Begun.After(whole[i-1].Audit.Begun) {
				b.Errorf("account %d: %v comes after %v", id, e.Audit.Begun, whole[i-1].Audit.Begun)
			}
			if id != 0 && e.Account != id {
				b.Errorf("account %d has an entry of %d", id, e.Account)
			}
			seen[e.Audit.Command]++
		}
		for n := 1; n <= len(whole)+1; n++ {
			var got []store.Entry
			var before store.Mark
			for {
				page, err := b.History(id, macaddr.Addr{}, before, n)
				b.must(err)
				if len(page) == 0 {
					break
				}
				if got = append(got, page...); len(page) > n || len(got) > len(whole) {
					b.Fatalf("account %d by %d: a page of %d, %d entries so far", id, n, len(page), len(got))
				}
				before = page[len(page)-1].Mark
			}
			if !reflect.DeepEqual(got, whole) {
				b.Fatalf("account %d by %d: %+v, want %+v", id, n, got, whole)
			}
		}
		if id == 0 && len(whole) != 43 {
			b.Errorf("%d entries of all accounts", len(whole))
		}
	}
	for _, command := range commands {
		if seen[command] != 2 { // once in its account's history, once in that of all
			b.Errorf("command %s: %d entries, want 2", command, seen[command])
		}
	}
	if page, err := b.History(99, macaddr.Addr{}, store.Mark{}, 9); err != nil || len(page) != 0 {
		b.Errorf("%+v, %v", page, err)
	}
}

// The entries of one command's batches stay together at the time when the command
// began, even if there are other changes in between.
func historyOfOneCommand(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	time.Sleep(time.Second)
	begun := time.Now()
	batch := newBatch(store.RuleRegister, acme.ID)
	batch.Audit.Begun, batch.Audit.Command = begun, "UPLOAD"
	for i, mac := range []macaddr.Addr{mac3, mac1, mac2} {
		time.Sleep(time.Second)
		batch.Changes = []store.Change{{MAC: mac}}
		_, err := b.Change(batch)
		b.must(err)
		_, err = b.UpdateAccount(store.Audit{Command: fmt.Sprint("UPDATE", i)}, false, acme.ID, func(a *store.Account) error { a.Company = fmt.Sprint(i); return nil })
		b.must(err)
	}
	var got []string
	for _, e := range b.entries(acme.ID) {
		got = append(got, e.Audit.Command+" "+macs(e))
		if e.Audit.Command == "UPLOAD" && !e.Audit.Begun.Equal(begun) {
			b.Errorf("begun %v, want %v", e.Audit.Begun, begun)
		}
	}
	want := []string{"UPDATE2 ", "UPDATE1 ", "UPDATE0 ", "UPLOAD " + mac3.String(), "UPLOAD " + mac1.String(), "UPLOAD " + mac2.String(), "TEST "}
	if !slices.Equal(got, want) {
		b.Errorf("%q, want %q", got, want)
	}
}

// The history of one phone names no other phone, whatever the page size.
func historyOfOnePhone(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	var changes []store.Change
	for i := range 10 {
		changes = append(changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+i+1))})
	}
	first, inside, outside := changes[0].MAC, changes[5].MAC, macaddr.MustParse("00041300000B")
	step := func(batch store.Batch) {
		time.Sleep(store.JoinTime + time.Second)
		_, err := b.Change(batch)
		b.must(err)
	}
	step(newBatch(store.RuleRegister, acme.ID, changes...))
	step(newBatch(store.RuleDeregister, acme.ID, changes[:3]...))
	step(store.Batch{Audit: store.Audit{Actor: olga.ID, Command: "TRANSFER"}, Rule: store.RuleTransfer, Owner: bravo.ID, Changes: changes[3:]})
	step(newBatch(store.RuleDeregister, bravo.ID, changes[5]))
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
					b.Errorf("%v of account %d: the entry names %s", c.mac, c.account, macs(e))
				}
			}
		}
	}
}
