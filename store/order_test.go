package store

import (
	"errors"
	"testing"
	"time"
)

// Each kind runs the rule of its name, with what the order names.
func TestApply(t *testing.T) {
	to := Account{ID: 9, SettingServer: server}
	for name, c := range map[string]struct {
		order     Order
		url       URL
		by, owner Account
		ruleCase
	}{
		"register":   {Order{Kind: OrderRegister}, own, olga, acme, ruleCase{nobodys, Phone{testMAC, 1, own, noonUTC, time.Time{}}, nil}},
		"deregister": {Order{Kind: OrderDeregister}, URL{}, olga, Account{}, ruleCase{acmes, acmeHeld.with(func(p *Phone) { p.HeldUntil = late.Add(time.Second) }), nil}},
		"retarget":   {Order{Kind: OrderRetarget, Was: own}, server, acme, Account{}, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.URL = server }), nil}},
		"transfer":   {Order{Kind: OrderTransfer}, server, olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"free":       {Order{Kind: OrderFree}, URL{}, olga, Account{}, ruleCase{acmeHeld, nobodys, nil}},

		"register another's":         {Order{Kind: OrderRegister}, own, olga, to, ruleCase{prev: acmes, err: ErrTaken}},
		"deregister another's":       {Order{Kind: OrderDeregister}, URL{}, bare, Account{}, ruleCase{prev: acmes, err: ErrTaken}},
		"retarget another's":         {Order{Kind: OrderRetarget, Was: own}, server, bare, acme, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"transfer by a partner":      {Order{Kind: OrderTransfer}, URL{}, acme, to, ruleCase{prev: acmesOwn, err: ErrNotOperator}},
		"register for another":       {Order{Kind: OrderRegister}, own, bare, acme, ruleCase{prev: nobodys, err: ErrNotOperator}},
		"transfer from its owner":    {Order{Kind: OrderTransfer, From: 1}, URL{}, olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"transfer from someone else": {Order{Kind: OrderTransfer, From: 7}, URL{}, olga, to, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"free by a partner":          {Order{Kind: OrderFree}, URL{}, acme, Account{}, ruleCase{prev: acmeHeld, err: ErrNotOperator}},
		"no kind there is":           {Order{Kind: OrderFree + 1}, own, olga, to, ruleCase{acmes, acmes, nil}},
	} {
		out := c.order.Apply(Change{testMAC, c.url}, c.prev, c.by, c.owner, 24*time.Hour, noon)
		if out.Prev != c.prev {
			t.Errorf("%s: it was %+v, and is told as %+v", name, c.prev, out.Prev)
		}
		c.check(t, name, out.Next, out.Err)
	}
}

// To every rule a hold that is over is nothing.
func TestApplyAfterAHold(t *testing.T) {
	for kind, want := range map[Kind]error{
		OrderRegister: nil, OrderDeregister: ErrNotFound, OrderRetarget: ErrNotFound, OrderTransfer: ErrNotFound, OrderFree: ErrNotHeld,
	} {
		out := Order{Kind: kind}.Apply(Change{testMAC, own}, acmeHeld, olga, bare, time.Hour, late)
		if out.Prev != nobodys || !errors.Is(out.Err, want) || out.Err != nil && out.Next != nobodys {
			t.Errorf("kind %d: %+v, want %v", kind, out, want)
		}
	}
}
