package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// undoable returns a batch that can be undone, as one command of its own.
func undoable(rule store.Rule, by store.AccountID, changes ...store.Change) store.Batch {
	batch := newBatch(rule, by, changes...)
	time.Sleep(time.Second)
	batch.Audit.Begun, batch.Audit.Undoable = time.Now(), true
	return batch
}

// undo undoes an account's last command.
func (b *bench) undo(by store.AccountID, want error) store.Undoable {
	b.Helper()
	dry, err := b.Undo(store.Audit{Actor: by, Command: "UNDO"}, true)
	b.want(err, want)
	u, err := b.Undo(store.Audit{Actor: by, Command: "UNDO"}, false)
	b.want(err, want)
	if len(dry.Phones) != len(u.Phones) || dry.Server != u.Server {
		b.Errorf("would undo %+v, undid %+v", dry, u)
	}
	return u
}

// The last command of an account is undone, once, over all its transactions.
func undone(b *bench) {
	b.reopen(24 * time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	b.undo(acme.ID, store.ErrNothingToUndo)
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1, URL: urlB, Note: "desk 4", Noted: true}, store.Change{MAC: mac2}), nil, nil)
	before, err := b.Phones(acme.ID, macaddr.Addr{}, 9)
	b.must(err)
	b.undo(acme.ID, store.ErrNothingToUndo) // a tool's

	batch := undoable(store.RuleRegister, acme.ID, store.Change{MAC: mac1})
	b.change(batch, nil)
	batch.Changes = []store.Change{{MAC: mac2, URL: urlB}, {MAC: mac3}} // of the same command
	b.change(batch, nil, nil)
	batch = undoable(store.RuleRegister, acme.ID, store.Change{MAC: mac2, URL: urlB}) // changes nothing
	b.change(batch, nil)
	b.undo(bravo.ID, store.ErrNothingToUndo)
	b.reopen(24 * time.Hour)
	if u := b.undo(acme.ID, nil); len(u.Phones) != 3 {
		b.Errorf("%+v", u)
	}
	after, err := b.Phones(acme.ID, macaddr.Addr{}, 9)
	b.must(err)
	if len(after) != 2 || after[0] != before[0] || after[1] != before[1] {
		b.Errorf("%+v, want %+v", after, before)
	}
	b.undo(acme.ID, store.ErrNothingToUndo)
	if all, err := b.History(acme.ID, mac1, store.Mark{}, 1); err != nil || len(all) != 1 || all[0].Audit.Command != "UNDO" {
		b.Errorf("%+v, %v", all, err)
	}

	// Phones that were deregistered are back, with all that they had.
	time.Sleep(2 * store.HoldAgain)
	b.change(undoable(store.RuleDeregister, acme.ID, store.Change{MAC: mac1}, store.Change{MAC: mac2}), nil, nil)
	b.undo(acme.ID, nil)
	b.hasNote(acme.ID, "desk 4")
	b.sentTo(mac1, serverB)
	b.sentTo(mac2, serverA)
	if u, err := b.Usage(acme.ID); err != nil || u.Phones != 2 || u.Held != 0 {
		b.Errorf("%+v, %v", u, err)
	}
	// Undoing keeps no phone on hold forever.
	_, err = b.deregister(mac1, acme.ID)
	b.must(err)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
}

// Nothing is undone if one of the phones was changed since, or is not the account's.
func notUndone(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	b.change(undoable(store.RuleRegister, acme.ID, store.Change{MAC: mac1, URL: urlA}, store.Change{MAC: mac2, URL: urlA}), nil, nil)
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac2, URL: urlB}), nil)
	before := b.state()
	b.undo(acme.ID, store.ErrChangedSince)
	var e store.UndoError
	if _, err := b.Undo(store.Audit{Actor: acme.ID}, false); !errors.As(err, &e) || e.MAC != mac2 {
		b.Errorf("%v", err)
	}
	if after := b.state(); !reflect.DeepEqual(after, before) {
		b.Errorf("%+v, want %+v", after, before)
	}

	// A phone that is another's by now stays with it.
	b.change(undoable(store.RuleDeregister, acme.ID, store.Change{MAC: mac1}), nil)
	_, err := b.register(mac1, bravo.ID, none)
	b.must(err)
	b.undo(acme.ID, store.ErrTaken)
	b.sentTo(mac1, serverB)

	// Nor does an operator undo what he did to others.
	b.change(undoable(store.RuleDeregister, olga.ID, store.Change{MAC: mac2}), nil)
	b.undo(olga.ID, store.ErrNotUndoable)
	audit := store.Audit{Actor: olga.ID, Command: "TEST", Begun: time.Now().Add(time.Second), Undoable: true}
	_, err = b.UpdateAccount(audit, false, bravo.ID, func(a *store.Account) error { a.SettingServer = urlA; return nil })
	b.must(err)
	b.undo(olga.ID, store.ErrNotUndoable)
	b.sentTo(mac1, serverA)

	// A quota counts.
	b.change(undoable(store.RuleRegister, bravo.ID, store.Change{MAC: mac2}), nil)
	b.change(undoable(store.RuleDeregister, bravo.ID, store.Change{MAC: mac1}), nil)
	_, err = b.UpdateAccount(store.Audit{}, false, bravo.ID, func(a *store.Account) error { a.Quota = 1; return nil })
	b.must(err)
	b.undo(bravo.ID, store.ErrQuota)
}

// A command of many phones can't be undone, and does not hide behind an earlier one.
func tooManyToUndo(b *bench) {
	acme := b.account("acme", store.Partner, serverA)
	b.change(undoable(store.RuleRegister, acme.ID, store.Change{MAC: mac1}), nil)
	batch := undoable(store.RuleRegister, acme.ID)
	for i := range store.MaxUndo + 1 {
		batch.Changes = append(batch.Changes, store.Change{MAC: macaddr.MustParse(fmt.Sprintf("000413%06X", i))})
	}
	b.change(batch, make([]error, store.MaxUndo+1)...)
	b.undo(acme.ID, store.ErrNotUndoable)
	batch.Changes = batch.Changes[:store.MaxUndo]
	batch.Rule, batch.Audit.Begun, batch.Audit.Command = store.RuleDeregister, time.Now().Add(time.Second), "DEREGISTER"
	b.change(batch, make([]error, store.MaxUndo)...)
	if u := b.undo(acme.ID, nil); len(u.Phones) != store.MaxUndo {
		b.Errorf("%d phones", len(u.Phones))
	}
}

// A setting server is undone with the phones of the command, and stays if it has changed
// since. The history has what was there before.
func undoneServers(b *bench) {
	bare := b.account("bare", store.Partner, "")
	set := func(url store.URL, undoable bool) {
		b.Helper()
		time.Sleep(time.Second)
		audit := store.Audit{Actor: bare.ID, Command: "SERVER", Begun: time.Now(), Undoable: undoable}
		_, err := b.UpdateAccount(audit, false, bare.ID, func(a *store.Account) error { a.SettingServer = url; return nil })
		b.must(err)
	}
	set(urlA, true)
	b.undo(bare.ID, store.ErrNoSettingServer)
	_, err := b.register(mac1, bare.ID, none)
	b.must(err)
	set(urlB, true)
	b.sentTo(mac1, serverB)
	if all, err := b.History(bare.ID, macaddr.Addr{}, store.Mark{}, 1); err != nil || len(all) != 1 || all[0].Was != urlA {
		b.Errorf("%+v, %v", all, err)
	}
	if u := b.undo(bare.ID, nil); u.Server != (store.ServerReversal{Before: urlA, After: urlB}) {
		b.Errorf("%+v", u)
	}
	b.sentTo(mac1, serverA)

	set(urlB, true)
	set(store.RestoreURL("http://files.example/"), false)
	b.undo(bare.ID, store.ErrChangedSince)
	b.sentTo(mac1, "http://files.example/")

	// The history has the own URL of phones that had the same.
	b.change(newBatch(store.RuleRegister, bare.ID, store.Change{MAC: mac1, URL: urlA}, store.Change{MAC: mac2, URL: urlA}), nil, nil)
	batch := newBatch(store.RuleRegister, bare.ID, store.Change{MAC: mac1, URL: urlB}, store.Change{MAC: mac2, URL: urlB})
	batch.Audit.Command = "REGISTER"
	b.change(batch, nil, nil)
	if all, err := b.History(bare.ID, mac1, store.Mark{}, 1); err != nil || len(all) != 1 || all[0].Was != urlA {
		b.Errorf("%+v, %v", all, err)
	}
}
