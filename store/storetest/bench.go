package storetest

import (
	"errors"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A bench is a backend under test. Deregistered phones are not put on hold until it
// is reopened with a hold.
type bench struct {
	testing.TB
	Backend
	folder string
	// away reopens the backend after it was closed for d. A day costs nothing then, in
	// which an open backend does something every few seconds.
	away func(d, hold time.Duration)
}

func (b *bench) reopen(hold time.Duration) {
	b.Helper()
	b.away(0, hold)
}

// audit is that of the service itself.
var audit = store.Audit{Command: "TEST"}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) want(err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("error %v, want %v", err, want)
	}
}

// account adds an account. If url is "", it has no setting server.
func (b *bench) account(name store.Name, role store.Role, url string) store.Account {
	b.Helper()
	a, err := b.AddAccount(audit, false, store.Account{Name: name, Role: role, SettingServer: store.RestoreURL(url)})
	b.must(err)
	return a
}

// one runs a batch with one change.
func (b *bench) one(rule store.Rule, by, owner store.AccountID, mac macaddr.Addr, url store.URL) (store.Result, error) {
	results, err := b.Change(store.Batch{
		Audit: store.Audit{Actor: by, Command: "TEST"}, Rule: rule, Owner: owner,
		Changes: []store.Change{{MAC: mac, URL: url}},
	})
	if err != nil {
		return store.Result{}, err
	}
	if len(results) != 1 {
		b.Errorf("%d results of one change", len(results))
	}
	return results[0], results[0].Err
}

// register registers a phone and returns it.
func (b *bench) register(mac macaddr.Addr, owner store.AccountID, url store.URL) (store.Phone, error) {
	r, err := b.one(store.RuleRegister, owner, owner, mac, url)
	return r.Next, err
}

// deregister deregisters a phone and returns it as it was before.
func (b *bench) deregister(mac macaddr.Addr, by store.AccountID) (store.Phone, error) {
	r, err := b.one(store.RuleDeregister, by, 0, mac, store.URL{})
	return r.Prev, err
}

// checkCount compares the count of phones with their list. It runs after every
// test.
func (b *bench) checkCount() {
	b.Helper()
	listed, owned := 0, map[store.AccountID]int{}
	for after := (macaddr.Addr{}); ; {
		page, err := b.Phones(0, after, 1000)
		b.must(err)
		listed += len(page)
		for _, p := range page {
			owned[p.Owner]++
		}
		if len(page) < 1000 {
			break
		}
		after = page[len(page)-1].MAC
	}
	if n, err := b.CountPhones(); err != nil || n != listed {
		b.Errorf("CountPhones: %d, %v; want %d as listed", n, err, listed)
	}
	if u, err := b.Usage(0); err != nil || u.Phones != listed {
		b.Errorf("Usage: %+v, %v; want %d phones as listed", u, err, listed)
	}
	accounts, err := b.Accounts()
	b.must(err)
	for _, a := range accounts {
		if u, err := b.Usage(a.ID); err != nil || u.Phones != owned[a.ID] {
			b.Errorf("Usage of %s: %+v, %v; want %d phones as listed", a.Name, u, err, owned[a.ID])
		}
	}
}

// sentTo checks the setting server of a phone.
func (b *bench) sentTo(mac macaddr.Addr, url string) {
	b.Helper()
	got, err := b.Redirection(mac)
	b.must(err)
	if p, err := b.Phone(mac); err != nil || got.URL.String() != url || got.Owner != p.Owner {
		b.Fatalf("%v: %+v, want %s and the owner of %+v, %v", mac, got, url, p, err)
	}
}

// A state is all that can be read from a backend, for comparison.
type state struct {
	Accounts []store.Account
	Phones   []store.Phone
	Count    int // of phones
	History  []store.Entry
	Jobs     []store.Job
	Known    []store.Phone // mac1 to mac3, including phones on hold
	Default  store.Default
}

func (b *bench) state() (s state) {
	b.Helper()
	var errs [5]error
	s.Accounts, errs[0] = b.Accounts()
	s.Phones, errs[1] = b.Phones(0, macaddr.Addr{}, 1000)
	s.History, errs[2] = b.History(0, macaddr.Addr{}, store.Mark{}, 1000)
	s.Count, errs[4] = b.CountPhones()
	for _, a := range s.Accounts {
		var all []store.Job
		all, errs[3] = b.Jobs(a.ID)
		s.Jobs = append(s.Jobs, all...)
	}
	b.must(errors.Join(errs[:]...))
	s.Default = b.Default()
	for _, mac := range []macaddr.Addr{mac1, mac2, mac3} {
		p, err := b.Phone(mac)
		if err != nil {
			b.want(err, store.ErrNotFound)
		}
		s.Known = append(s.Known, p)
	}
	return s
}

const (
	serverA = "http://prov.acme.example/{mac}"
	serverB = "http://prov.bravo.example/{mac}"
)

var (
	mac1 = macaddr.MustParse("0004132202E4")
	mac2 = macaddr.MustParse("000413241214")
	mac3 = macaddr.MustParse("00087B080000")
	urlA = store.RestoreURL(serverA)
	urlB = store.RestoreURL(serverB)
	none store.URL
)
