package main

import (
	"context"
	"net/netip"
	"time"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

// accounts are where the console looks accounts up: at least as they were on any node when
// the look-up began.
func (v *service) accounts() freshAccounts { return freshAccounts{v.db, v.refresh} }

type freshAccounts struct {
	*bolt.DB
	refresh func(context.Context)
}

// refresh waits, for a second at most, until what other nodes have changed is here.
func (v *service) refresh(ctx context.Context) {
	if v.node != nil {
		v.node.Fresh(ctx)
	}
}

// Account returns an account.
func (f freshAccounts) Account(id store.AccountID) (store.Account, error) {
	f.refresh(context.Background())
	return f.DB.Account(id)
}

// AccountNamed returns the account of a name.
func (f freshAccounts) AccountNamed(name store.Name) (store.Account, error) {
	f.refresh(context.Background())
	return f.DB.AccountNamed(name)
}

// checkPassword is the check of passwords at the console. Tools have waited before theirs.
func (v *service) checkPassword(ctx context.Context, name, password string, from netip.Addr) (store.Account, error) {
	v.refresh(ctx)
	return v.passwords.Check(ctx, name, password, from)
}

// fresh returns what each call of a tool begins with, or nil for a single node.
func (v *service) fresh() func(context.Context) (asOf time.Time) {
	if v.node == nil {
		return nil
	}
	return func(ctx context.Context) time.Time {
		v.node.Fresh(ctx)
		return v.node.Stale()
	}
}
