package shell

import (
	"errors"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// failing is a store that can't read a phone.
type failing struct{ Registry }

func (failing) Phone(macaddr.Addr) (store.Phone, error) {
	return store.Phone{}, errors.New("/data/secret: disk on fire")
}

func (failing) PhonesOf([]macaddr.Addr) ([]store.Phone, error) {
	return nil, errors.New("/data/secret: disk on fire")
}

// failingChange is a store whose changes fail from number at on, counted from 1.
type failingChange struct {
	Registry
	n, at int
}

func (f *failingChange) Change(o store.Batch) ([]store.Result, error) {
	if f.n++; f.n >= f.at {
		return nil, errors.New("disk is full")
	}
	return f.Registry.Change(o)
}

// changeThen is a store that calls then after each batch.
type changeThen struct {
	Registry
	then func()
}

func (c changeThen) Change(o store.Batch) ([]store.Result, error) {
	defer c.then()
	return c.Registry.Change(o)
}

// pageThen is a store that calls then after each page of phones.
type pageThen struct {
	Registry
	then func()
}

func (p pageThen) Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error) {
	defer p.then()
	return p.Registry.Phones(owner, after, n)
}

// manyPhones is a store of n phones with consecutive MACs.
type manyPhones struct {
	Registry
	n int
}

func (m manyPhones) Phones(owner store.AccountID, after macaddr.Addr, n int) (page []store.Phone, err error) {
	for i := range m.n {
		if mac := macaddr.MustParse(fmt.Sprintf("000413%06X", i)); mac.Compare(after) > 0 && len(page) < n {
			page = append(page, store.Phone{MAC: mac, Owner: owner})
		}
	}
	return page, nil
}

// onNode is a store whose entries are all of node1.
type onNode struct{ Registry }

func (o onNode) History(account store.AccountID, mac macaddr.Addr, before store.Mark, n int) ([]store.Entry, error) {
	page, err := o.Registry.History(account, mac, before, n)
	for i := range page {
		page[i].Node = "node1"
	}
	return page, err
}

// partUndo is a store that fails after it has undone a part of a command.
type partUndo struct {
	Registry
	err error
}

func (p partUndo) Undo(store.Audit, bool) (store.Undoable, error) {
	u := store.Undoable{Command: "REGISTER", Begun: time.Now(), Phones: make([]store.Reversal, 500)}
	return u, store.PartlyUndone{Done: 240, Of: 500, Err: p.err}
}
