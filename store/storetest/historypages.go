package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Pages of any size, one behind the other, are the whole; of all accounts it is
// merged by time, though many things happen at one.
func historyPages(b *bench) {
	ids := []store.AccountID{0}
	for _, name := range []store.Name{"acme", "bravo", "carl"} {
		ids = append(ids, b.account(name, store.Partner, serverA).ID)
	}
	start := time.Now()
	var told []string
	for i := range 40 { // in no order of time, and often at the same
		id := ids[1+i*i%3]
		what := fmt.Sprint(i)
		_, err := b.UpdateAccount(store.Audit{Command: what, Begun: start.Add(time.Duration(i*7%13) * time.Nanosecond)}, false, id,
			func(a *store.Account) error { a.Company = what; return nil })
		b.must(err)
		told = append(told, what)
	}
	seen := map[string]int{}
	for _, id := range ids {
		whole := b.entries(id)
		for i, e := range whole {
			if i > 0 && e.Audit.Begun.After(whole[i-1].Audit.Begun) {
				b.Errorf("account %d: %v comes behind %v", id, e.Audit.Begun, whole[i-1].Audit.Begun)
			}
			if id != 0 && e.Account != id {
				b.Errorf("account %d is told of %d", id, e.Account)
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
					b.Fatalf("account %d by %d: a page of %d, behind %d", id, n, len(page), len(got))
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
	for _, what := range told {
		if seen[what] != 2 { // once in its account's and once in all
			b.Errorf("%s was told %d times", what, seen[what])
		}
	}
	if page, err := b.History(99, macaddr.Addr{}, store.Mark{}, 9); err != nil || len(page) != 0 {
		b.Errorf("%+v, %v", page, err)
	}
}

// What one command does in several batches stays together, though others come
// in between, and marks where it began.
func historyOfOneCommand(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	time.Sleep(time.Second)
	begun := time.Now()
	o := batch(store.RuleRegister, acme.ID)
	o.Audit.Begun, o.Audit.Command = begun, "UPLOAD"
	for i, mac := range []macaddr.Addr{mac3, mac1, mac2} {
		time.Sleep(time.Second)
		o.Changes = []store.Change{{MAC: mac}}
		_, err := b.Change(o)
		b.must(err)
		_, err = b.UpdateAccount(store.Audit{Command: "UPDATE"}, false, acme.ID, func(a *store.Account) error { a.Company = fmt.Sprint(i); return nil })
		b.must(err)
	}
	var got []string
	for _, e := range b.entries(acme.ID) {
		got = append(got, e.Audit.Command+" "+macs(e))
		if e.Audit.Command == "UPLOAD" && !e.Audit.Begun.Equal(begun) {
			b.Errorf("begun %v, want %v", e.Audit.Begun, begun)
		}
	}
	want := []string{"UPDATE ", "UPDATE ", "UPDATE ", "UPLOAD " + mac3.String(), "UPLOAD " + mac1.String(), "UPLOAD " + mac2.String(), "TEST "}
	if !slices.Equal(got, want) {
		b.Errorf("%q, want %q", got, want)
	}
}
