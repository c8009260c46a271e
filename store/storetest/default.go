package storetest

import (
	"reflect"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The default is none until an operator sets it. Each change of it is in the operator's
// history, and outlives a restart, also the removal.
func theDefault(b *bench) {
	olga := b.account("olga", store.Operator, "")
	audit := store.Audit{Actor: olga.ID, Name: "olga", RemoteAddr: "192.0.2.7", Command: "DEFAULT", Detail: serverA}
	wants := func(want store.Default) {
		b.Helper()
		if got := b.Default(); got != want {
			b.Errorf("%+v, want %+v", got, want)
		}
		b.reopen(0)
		if got := b.Default(); got != want {
			b.Errorf("%+v after a restart, want %+v", got, want)
		}
	}
	set := func(url store.URL) {
		b.Helper()
		next, err := b.SetDefault(audit, false, url)
		if b.must(err); next != (store.Default{URL: url, Chosen: true}) {
			b.Errorf("%+v", next)
		}
	}
	wants(store.Default{})
	before := b.state()
	would, err := b.SetDefault(audit, true, urlA)
	if err != nil || would != (store.Default{URL: urlA, Chosen: true}) {
		b.Errorf("%+v, %v", would, err)
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("a dry run made %+v of %+v", after, before)
	}
	time.Sleep(time.Minute) // after the account was added
	set(urlA)
	wants(store.Default{URL: urlA, Chosen: true})
	time.Sleep(time.Minute)
	set(urlA) // changes nothing
	audit.Detail = "NONE"
	set(none)
	wants(store.Default{Chosen: true})

	all, err := b.History(olga.ID, macaddr.Addr{}, store.Mark{}, 9)
	b.must(err)
	if len(all) != 3 || all[0].Audit.Detail != "NONE" || all[1].Audit.Detail != serverA || all[1].Times != 1 || all[1].Audit.Command != "DEFAULT" || all[1].Audit.Name != "olga" ||
		all[1].Audit.RemoteAddr != "192.0.2.7" || len(all[1].MACs) > 0 || all[1].Class() != store.AboutAccounts {
		b.Errorf("%+v", all)
	}

	// It is no registration.
	set(urlA)
	_, err = b.Redirection(mac1)
	b.want(err, store.ErrNotFound)
	_, err = b.Phone(mac1)
	b.want(err, store.ErrNotFound)
}

func onlyOperatorsDefault(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	before := b.state()
	for _, dryRun := range []bool{true, false} {
		_, err := b.SetDefault(store.Audit{Actor: acme.ID, Name: "acme"}, dryRun, urlA)
		b.want(err, store.ErrNotOperator)
		_, err = b.SetDefault(store.Audit{Actor: 99}, dryRun, urlA)
		b.want(err, store.ErrNoAccount)
	}
	if after := b.state(); !reflect.DeepEqual(before, after) {
		b.Errorf("%+v became %+v", before, after)
	}
}
