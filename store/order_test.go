package store

import (
	"errors"
	"strings"
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

		"register another's":          {Order{Kind: OrderRegister}, own, olga, to, ruleCase{prev: acmes, err: ErrTaken}},
		"deregister another's":        {Order{Kind: OrderDeregister}, URL{}, bare, Account{}, ruleCase{prev: acmes, err: ErrTaken}},
		"retarget another's":          {Order{Kind: OrderRetarget, Was: own}, server, bare, acme, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"transfer by a partner":       {Order{Kind: OrderTransfer}, URL{}, acme, to, ruleCase{prev: acmesOwn, err: ErrNotOperator}},
		"register for another":        {Order{Kind: OrderRegister}, own, bare, acme, ruleCase{prev: nobodys, err: ErrNotOperator}},
		"transfer from its owner":     {Order{Kind: OrderTransfer, From: 1}, URL{}, olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"transfer from someone else":  {Order{Kind: OrderTransfer, From: 7}, URL{}, olga, to, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"deregister its owner's":      {Order{Kind: OrderDeregister, From: 1}, URL{}, olga, Account{}, ruleCase{acmes, acmeHeld.with(func(p *Phone) { p.HeldUntil = late.Add(time.Second) }), nil}},
		"deregister someone else's":   {Order{Kind: OrderDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: acmes, err: ErrTaken}},
		"deregister held for another": {Order{Kind: OrderDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: acmeHeld, err: ErrTaken}},
		"deregister what is held":     {Order{Kind: OrderDeregister, From: 1}, URL{}, olga, Account{}, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"deregister nobody's":         {Order{Kind: OrderDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: nobodys, err: ErrNotFound}},
		"free by a partner":           {Order{Kind: OrderFree}, URL{}, acme, Account{}, ruleCase{prev: acmeHeld, err: ErrNotOperator}},
		"no kind there is":            {Order{Kind: OrderFree + 1}, own, olga, to, ruleCase{acmes, acmes, nil}},
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

func TestCleanAgent(t *testing.T) {
	for s, want := range map[string]string{
		"":                             "",
		" rds-cli/1.0 (é) ":            "rds-cli/1.0 (é)",
		"a\x1b[2J\u009bb\u202e\xffc":   "a?[2J?b??c",
		"\ufffd\n":                     "?",
		strings.Repeat("x", 201):       strings.Repeat("x", 200),
		strings.Repeat("é", 101):       strings.Repeat("é", 100),
		"x" + strings.Repeat("é", 100): "x" + strings.Repeat("é", 99) + "?",
	} {
		if got := CleanAgent(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzCleanAgent(f *testing.F) {
	f.Add("rds-cli/1.0 \x1b[2J")
	f.Fuzz(func(t *testing.T, s string) {
		if got := CleanAgent(s); len(got) > maxAgent || !printable(got) || CleanAgent(got) != got {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
