package sshconsole

import (
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/shell"
	"snomredirect/store"
)

// changeThen is a store that calls then after each batch.
type changeThen struct {
	shell.Registry
	then func()
}

func (c changeThen) Change(b store.Batch) ([]store.Result, error) {
	defer c.then()
	return c.Registry.Change(b)
}

// failingHistory is a store that can't read its history.
type failingHistory struct{ shell.Registry }

func (failingHistory) History(store.AccountID, macaddr.Addr, store.Mark, int) ([]store.Entry, error) {
	return nil, errors.New("disk on fire")
}

// panicking is a store that panics when a phone is read.
type panicking struct{ shell.Registry }

func (panicking) Phone(macaddr.Addr) (store.Phone, error) { panic("/data/secret") }

// panickingLogin is a store that panics when an account is looked up by name.
type panickingLogin struct{ shell.Registry }

func (panickingLogin) AccountNamed(store.Name) (store.Account, error) { panic("no disk") }

// gated is a store that reads a phone once open is closed, and first closes started.
type gated struct {
	shell.Registry
	started, open chan struct{}
}

func (g *gated) Phone(mac macaddr.Addr) (store.Phone, error) {
	close(g.started)
	<-g.open
	return g.Registry.Phone(mac)
}

// slow is a store of endless pages of phones, for a command that keeps running.
type slow struct{ shell.Registry }

func (slow) Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error) {
	time.Sleep(time.Millisecond)
	page := make([]store.Phone, n)
	for i := range page {
		page[i] = store.Phone{MAC: macaddr.MustParse("0004132202E4"), Owner: owner}
	}
	return page, nil
}
