package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"snomredirect/macaddr"
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

// freshForMiss returns what look-ups call that found nothing, or nil for a single node.
func (v *service) freshForMiss() func(context.Context) {
	if v.node == nil {
		return nil
	}
	return v.node.FreshForMiss
}

// provingTwice returns prove, which looks again for a claim that it doesn't find, because
// that may just have been made on another node. If fresh is nil, it is prove itself.
func provingTwice(prove func(macaddr.Addr, string) error, fresh func(context.Context)) func(macaddr.Addr, string) error {
	if fresh == nil {
		return prove
	}
	return func(mac macaddr.Addr, code string) error {
		err := prove(mac, code)
		if errors.Is(err, store.ErrNoClaim) {
			fresh(context.Background()) // which takes about a second at most
			err = prove(mac, code)
		}
		return err
	}
}
