package passwords

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// accountsUpTo has accounts with the IDs up to its value.
type accountsUpTo store.AccountID

func (n accountsUpTo) Account(id store.AccountID) (store.Account, error) {
	if id > store.AccountID(n) {
		return store.Account{}, store.ErrNoAccount
	}
	return store.Account{ID: id}, nil
}

func (accountsUpTo) AccountNamed(store.Name) (store.Account, error) {
	return store.Account{}, store.ErrNoAccount
}

// The last login of an account is known at once and outlasts a restart, however long ago
// it was. That of an account that was removed is dropped.
func TestLastLoginsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, panics := &keeper{}, 0
		start := func(accounts Accounts) (*Checker, func()) {
			c := New(accounts)
			return c, c.Keep(k, slog.New(slog.DiscardHandler), k.guard(&panics))
		}
		c, stop := start(accountsUpTo(2))
		if _, ok := c.LastLogin(1); ok {
			t.Error("a login before the first one")
		}
		c.Remember(1, client)
		c.Remember(2, client)
		time.Sleep(time.Minute / 2)
		want := store.Login{Account: 1, From: from(1), At: time.Now().UTC()}
		c.Remember(1, from(1))
		if got, _ := c.LastLogin(1); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		stop()
		time.Sleep(30 * 24 * time.Hour)
		_, stop = start(failsToLookUp{errors.New("no disk")}) // that is no reason to drop any
		synctest.Wait()
		stop()
		c, stop = start(accountsUpTo(1))
		synctest.Wait()
		if got, _ := c.LastLogin(1); got != want {
			t.Errorf("after a restart: got %+v, want %+v", got, want)
		}
		if got, ok := c.LastLogin(2); ok {
			t.Errorf("of an account that was removed: %+v", got)
		}
		stop()
		if len(k.logins) != 1 {
			t.Errorf("stored: %+v", k.logins)
		}
	})
}

// Last logins that could not be saved are saved later.
func TestSavingLastLoginsFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, panics := &keeper{}, 0
		c := New(accountsUpTo(1))
		defer c.Keep(k, slog.New(slog.DiscardHandler), k.guard(&panics))()
		k.set(errors.New("no disk"), false)
		c.Remember(1, client)
		time.Sleep(2 * saveEvery)
		k.set(nil, false)
		time.Sleep(2 * saveEvery)
		k.mu.Lock()
		defer k.mu.Unlock()
		if len(k.logins) != 1 {
			t.Errorf("stored: %+v", k.logins)
		}
	})
}
