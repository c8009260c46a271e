package store

import (
	"fmt"
	"testing"
	"time"

	"snomredirect/macaddr"
)

func TestRestore(t *testing.T) {
	held := acmeHeld.with(func(p *Phone) { p.URL = own })
	for name, c := range map[string]struct {
		by Account
		r  Reversal
		ruleCase
	}{
		"another URL":          {acme, Reversal{acmesOwn, acmes}, ruleCase{acmes, acmesOwn, nil}},
		"a note":               {acme, Reversal{acmesNoted, acmes}, ruleCase{acmes, acmesNoted, nil}},
		"a new phone":          {acme, Reversal{unowned, acmes}, ruleCase{acmes, unowned, nil}},
		"taken back":           {acme, Reversal{held, acmesOwn}, ruleCase{acmesOwn, held, nil}},
		"deregistered":         {acme, Reversal{acmesOwn, held}, ruleCase{held, acmesOwn.with(func(p *Phone) { p.Registered, p.Retaken = noonUTC, true }), nil}},
		"without a hold":       {acme, Reversal{acmesOwn, unowned}, ruleCase{unowned, acmesOwn.with(func(p *Phone) { p.Registered = noonUTC }), nil}},
		"changed since":        {acme, Reversal{acmesOwn, acmes}, ruleCase{prev: acmesNoted, err: ErrChangedSince}},
		"changed back":         {acme, Reversal{acmesOwn, acmes}, ruleCase{prev: acmesOwn, err: ErrChangedSince}},
		"deregistered since":   {acme, Reversal{acmesOwn, acmes}, ruleCase{prev: acmeHeld, err: ErrChangedSince}},
		"another's now":        {bare, Reversal{unowned, acmes}, ruleCase{prev: acmes, err: ErrTaken}},
		"another's before":     {bare, Reversal{acmes, unowned}, ruleCase{prev: unowned, err: ErrTaken}},
		"by an operator":       {olga, Reversal{acmesOwn, acmes}, ruleCase{prev: acmes, err: ErrTaken}},
		"to no setting server": {Account{ID: 1}, Reversal{acmes, acmesOwn}, ruleCase{prev: acmesOwn, err: ErrNoSettingServer}},
	} {
		next, err := Restore(c.prev, c.by, c.r, noon)
		c.check(t, name, next, err)
	}
	// A hold that has ended is not made again.
	if next, err := Restore(acmesOwn, acme, Reversal{held, acmesOwn}, late); next != unowned || err != nil {
		t.Errorf("%+v, %v", next, err)
	}
}

func TestUndoable(t *testing.T) {
	var u Undoable
	if !u.IsZero() {
		t.Error("the zero value has something to undo")
	}
	u.Add(1, []Result{{Prev: acmes, Next: acmesOwn}, {Prev: acmes, Next: acmes}, {Prev: acmes, Next: acmes, Err: ErrQuota}})
	u.Add(1, []Result{{Prev: acmesOwn, Next: acmeHeld}})
	if len(u.Phones) != 1 || u.Phones[0] != (Reversal{acmes, acmeHeld}) || u.IsZero() {
		t.Errorf("%+v", u)
	}
	if u.Add(2, []Result{{Prev: acmes, Next: acmesOwn}}); !u.Foreign || u.Phones != nil {
		t.Errorf("%+v", u)
	}
	for _, n := range []int{MaxUndo, MaxUndo + 1} {
		var u Undoable
		for i := range n {
			mac := macaddr.MustParse(fmt.Sprintf("000413%06X", i))
			u.Add(1, []Result{{Next: Phone{MAC: mac, Owner: 1, Registered: time.Unix(1e9, 0)}}})
		}
		if u.TooMany != (n > MaxUndo) || u.TooMany != (len(u.Phones) == 0) || u.IsZero() {
			t.Errorf("%d phones: %v, %d", n, u.TooMany, len(u.Phones))
		}
	}
}
