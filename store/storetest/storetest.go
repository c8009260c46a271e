// Package storetest is the contract that every backend of accounts and phones
// passes, said case by case.
package storetest

import (
	"errors"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Backend is all that a backend offers. The rules that its methods run are
// the functions of package store.
type Backend interface {
	SettingServer(macaddr.Addr) (store.URL, error)
	Phone(macaddr.Addr) (store.Phone, error)
	Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	Register(mac macaddr.Addr, owner store.AccountID, url store.URL) (store.Phone, error)
	Deregister(mac macaddr.Addr, by store.AccountID) (store.Phone, error)

	Account(store.AccountID) (store.Account, error)
	AccountNamed(store.Name) (store.Account, error)
	Accounts() ([]store.Account, error)
	AddAccount(store.Account) (store.Account, error)
	UpdateAccount(store.AccountID, func(*store.Account) error) (store.Account, error)
	RemoveAccount(store.AccountID) error

	Close() error
}

// Run holds a backend to the contract. open opens what the folder holds, or
// makes it; it may be called again for one folder once that is closed.
func Run(t *testing.T, open func(t testing.TB, folder string) Backend) {
	for name, test := range map[string]func(*bench){
		"AccountsAreKept":             accountsAreKept,
		"AccountsAreUpdated":          accountsAreUpdated,
		"OneOperatorStays":            oneOperatorStays,
		"RemovedAccounts":             removedAccounts,
		"OwnersOnly":                  ownersOnly,
		"OperatorsDeregister":         operatorsDeregister,
		"RegisterStatesWhatIsWanted":  registerStatesWhatIsWanted,
		"PhonesFollowTheirAccount":    phonesFollowTheirAccount,
		"DisabledAccountsPhonesServe": disabledAccountsPhonesServe,
		"Pages":                       pages,
		"OneOfManyWins":               oneOfManyWins,
		"AllIsThereAfterReopening":    allIsThereAfterReopening,
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{TB: t, folder: t.TempDir()}
			b.Backend = open(t, b.folder)
			b.reopen = func() {
				b.must(b.Close())
				b.Backend = open(t, b.folder)
			}
			defer func() { b.must(b.Close()) }()
			test(b)
		})
	}
}

type bench struct {
	testing.TB
	Backend
	folder string
	reopen func()
}

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

// account adds an account; a url of "" leaves it without a setting server.
func (b *bench) account(name store.Name, role store.Role, url string) store.Account {
	b.Helper()
	a, err := b.AddAccount(store.Account{Name: name, Role: role, SettingServer: store.RestoreURL(url)})
	b.must(err)
	return a
}

func (b *bench) sentTo(mac macaddr.Addr, url string) {
	b.Helper()
	got, err := b.SettingServer(mac)
	b.must(err)
	if got.String() != url {
		b.Fatalf("%v is sent to %s, want %s", mac, got, url)
	}
}

const (
	serverA = "http://prov.acme.example/{mac}"
	serverB = "http://prov.bravo.example/{mac}"
)

var (
	mac1 = macaddr.MustParse("0004132202E4")
	mac2 = macaddr.MustParse("000413241214")
)
