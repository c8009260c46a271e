package storetest

import (
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// annotate runs a batch that gives one phone a note.
func (b *bench) annotate(by store.AccountID, note store.Note, want error) {
	b.Helper()
	b.change(newBatch(store.RuleAnnotate, by, store.Change{MAC: mac1, Note: note}), want)
}

// hasNote checks the note of a phone, as each method returns it.
func (b *bench) hasNote(owner store.AccountID, want store.Note) {
	b.Helper()
	p, err := b.Phone(mac1)
	b.must(err)
	page, err := b.Phones(owner, mac1, 1)
	b.must(err)
	if len(page) > 0 && page[0].Note != "" || p.Note != want || p.Owner != owner {
		b.Errorf("%+v, then %+v; want the note %q", p, page, want)
	}
	if page, err = b.Phones(0, macaddr.Addr{}, 1); err != nil || page[0] != p {
		b.Errorf("%+v, %v; want %+v", page, err, p)
	}
}

// Notes are the owner's, stay with its phones, and change nothing else.
func notes(b *bench) {
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	olga := b.account("olga", store.Operator, "")
	b.annotate(acme.ID, "desk 4", store.ErrNotFound)
	p, err := b.register(mac1, acme.ID, urlB)
	b.must(err)
	_, err = b.register(mac2, acme.ID, none)
	b.must(err)
	b.annotate(acme.ID, "Straße, desk 4", nil)
	b.annotate(bravo.ID, "mine", store.ErrTaken)
	b.hasNote(acme.ID, "Straße, desk 4")
	b.sentTo(mac1, serverB)
	if noted, err := b.Phone(mac1); err != nil || noted.Registered != p.Registered || noted.URL != p.URL {
		b.Errorf("%+v, %v; was %+v", noted, err, p)
	}

	_, err = b.register(mac1, acme.ID, none)
	b.must(err)
	b.sentTo(mac1, serverA)
	b.hasNote(acme.ID, "Straße, desk 4")
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1, Note: "desk 5", Noted: true}), nil)
	b.hasNote(acme.ID, "desk 5")
	b.reopen(0)
	b.hasNote(acme.ID, "desk 5")
	b.annotate(olga.ID, "", nil)
	b.hasNote(acme.ID, "")

	// A new owner learns nothing of them.
	b.annotate(acme.ID, "desk 6", nil)
	batch := newBatch(store.RuleTransfer, olga.ID, store.Change{MAC: mac1})
	batch.Owner = bravo.ID
	b.change(batch, nil)
	b.hasNote(bravo.ID, "")
	_, err = b.deregister(mac1, bravo.ID)
	b.must(err)
	_, err = b.register(mac1, acme.ID, none)
	b.must(err)
	b.hasNote(acme.ID, "")
}

// A hold keeps what the owner can take back, and nobody else gets it.
func holdsKeepNotes(b *bench) {
	b.reopen(time.Hour)
	acme, bravo := b.account("acme", store.Partner, serverA), b.account("bravo", store.Partner, serverB)
	hold := func() {
		b.Helper()
		_, err := b.register(mac1, acme.ID, urlB)
		b.must(err)
		b.annotate(acme.ID, "desk 4", nil)
		time.Sleep(store.HoldAgain)
		_, err = b.deregister(mac1, acme.ID)
		b.must(err)
		p, err := b.Phone(mac1)
		b.must(err)
		if !p.Held() || p.URL != urlB || p.Note != "desk 4" || !p.Registered.IsZero() {
			b.Errorf("on hold: %+v", p)
		}
		b.annotate(acme.ID, "desk 5", store.ErrNotFound)
	}
	hold()
	b.reopen(time.Hour)
	_, err := b.register(mac1, acme.ID, none)
	b.must(err)
	b.hasNote(acme.ID, "desk 4")
	b.sentTo(mac1, serverA)

	hold()
	b.change(newBatch(store.RuleRegister, bravo.ID, store.Change{MAC: mac1, KeepURL: true}), store.ErrTaken)
	b.change(newBatch(store.RuleRegister, acme.ID, store.Change{MAC: mac1, KeepURL: true}), nil)
	b.hasNote(acme.ID, "desk 4")
	b.sentTo(mac1, serverB)

	hold()
	time.Sleep(time.Hour + time.Second)
	_, err = b.register(mac1, bravo.ID, none)
	b.must(err)
	b.hasNote(bravo.ID, "")
	b.sentTo(mac1, serverB) // bravo's
}
