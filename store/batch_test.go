package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Apply runs the function of its rule with the arguments in the batch.
func TestApply(t *testing.T) {
	to := Account{ID: 9, SettingServer: server}
	for name, c := range map[string]struct {
		batch     Batch
		url       URL
		by, owner Account
		ruleCase
	}{
		"register":   {Batch{Rule: RuleRegister}, own, olga, acme, ruleCase{unowned, Phone{MAC: testMAC, Owner: 1, URL: own, Registered: noonUTC}, nil}},
		"deregister": {Batch{Rule: RuleDeregister}, URL{}, olga, Account{}, ruleCase{acmes, acmeHeld.with(func(p *Phone) { p.HeldUntil = late.Add(time.Second) }), nil}},
		"retarget":   {Batch{Rule: RuleRetarget, Was: own}, server, acme, Account{}, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.URL = server }), nil}},
		"transfer":   {Batch{Rule: RuleTransfer}, server, olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"free":       {Batch{Rule: RuleFree}, URL{}, olga, Account{}, ruleCase{acmeHeld, unowned, nil}},
		"annotate":   {Batch{Rule: RuleAnnotate}, own, olga, Account{}, ruleCase{acmes, acmesNoted, nil}},
		"restore":    {Batch{Rule: RuleRestore}, URL{}, acme, acme, ruleCase{acmes, acmesOwn, nil}},

		"register another's":           {Batch{Rule: RuleRegister}, own, olga, to, ruleCase{prev: acmes, err: ErrTaken}},
		"deregister another's":         {Batch{Rule: RuleDeregister}, URL{}, bare, Account{}, ruleCase{prev: acmes, err: ErrTaken}},
		"retarget another's":           {Batch{Rule: RuleRetarget, Was: own}, server, bare, acme, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"transfer by a partner":        {Batch{Rule: RuleTransfer}, URL{}, acme, to, ruleCase{prev: acmesOwn, err: ErrNotOperator}},
		"register for another":         {Batch{Rule: RuleRegister}, own, bare, acme, ruleCase{prev: unowned, err: ErrNotOperator}},
		"transfer from its owner":      {Batch{Rule: RuleTransfer, From: 1}, URL{}, olga, to, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.Owner = 9 }), nil}},
		"transfer from someone else":   {Batch{Rule: RuleTransfer, From: 7}, URL{}, olga, to, ruleCase{prev: acmesOwn, err: ErrNotFound}},
		"deregister its owner's":       {Batch{Rule: RuleDeregister, From: 1}, URL{}, olga, Account{}, ruleCase{acmes, acmeHeld.with(func(p *Phone) { p.HeldUntil = late.Add(time.Second) }), nil}},
		"deregister someone else's":    {Batch{Rule: RuleDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: acmes, err: ErrTaken}},
		"deregister on hold for other": {Batch{Rule: RuleDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: acmeHeld, err: ErrTaken}},
		"deregister on hold":           {Batch{Rule: RuleDeregister, From: 1}, URL{}, olga, Account{}, ruleCase{prev: acmeHeld, err: ErrNotFound}},
		"deregister unregistered":      {Batch{Rule: RuleDeregister, From: 3}, URL{}, olga, Account{}, ruleCase{prev: unowned, err: ErrNotFound}},
		"free by a partner":            {Batch{Rule: RuleFree}, URL{}, acme, Account{}, ruleCase{prev: acmeHeld, err: ErrNotOperator}},
		"unknown rule":                 {Batch{Rule: RuleRestore + 1}, own, olga, to, ruleCase{acmes, acmes, nil}},
	} {
		r := c.batch.Apply(Change{MAC: testMAC, URL: c.url, Note: "desk 4", Reversal: &Reversal{acmesOwn, acmes}}, c.prev, c.by, c.owner, 24*time.Hour, noon)
		if r.Prev != c.prev {
			t.Errorf("%s: Prev is %+v, want %+v", name, r.Prev, c.prev)
		}
		c.check(t, name, r.Next, r.Err)
	}
}

// A registration keeps a URL only if it is to, and that of no other account.
func TestApplyKeepsURLs(t *testing.T) {
	held := acmeHeld.with(func(p *Phone) { p.URL = own })
	none := Account{ID: 1} // without a setting server
	for name, c := range map[string]struct {
		change Change
		owner  Account
		ruleCase
	}{
		"its own":             {Change{KeepURL: true}, none, ruleCase{acmesOwn, acmesOwn, nil}},
		"another URL":         {Change{KeepURL: true, URL: server}, acme, ruleCase{acmesOwn, acmesOwn.with(func(p *Phone) { p.URL = server }), nil}},
		"not to be kept":      {Change{}, acme, ruleCase{acmesOwn, acmes, nil}},
		"none":                {Change{KeepURL: true}, acme, ruleCase{acmes, acmes, nil}},
		"on hold":             {Change{KeepURL: true}, none, ruleCase{held, acmesOwn.with(func(p *Phone) { p.Registered, p.Retaken = noonUTC, true }), nil}},
		"on hold, not kept":   {Change{}, acme, ruleCase{held, acmes.with(func(p *Phone) { p.Registered, p.Retaken = noonUTC, true }), nil}},
		"on hold for another": {Change{KeepURL: true}, bare, ruleCase{prev: held, err: ErrTaken}},
		"unregistered":        {Change{KeepURL: true}, none, ruleCase{prev: unowned, err: ErrNoSettingServer}},
	} {
		c.change.MAC = testMAC
		r := Batch{Rule: RuleRegister}.Apply(c.change, c.prev, c.owner, c.owner, time.Hour, noon)
		c.check(t, name, r.Next, r.Err)
	}
	// A hold that has ended brings nothing back.
	if r := (Batch{}).Apply(Change{MAC: testMAC, KeepURL: true}, held, acme, acme, time.Hour, late); r.Err != nil || !r.Next.URL.IsZero() {
		t.Errorf("%+v", r)
	}
}

// A registration changes the note only if it brings one, or that there is none.
func TestApplyNotes(t *testing.T) {
	for _, c := range []struct {
		change Change
		want   Phone
	}{
		{Change{MAC: testMAC, Note: "desk 5"}, acmesNoted},
		{Change{MAC: testMAC, Note: "desk 5", Noted: true}, acmes.with(func(p *Phone) { p.Note = "desk 5" })},
		{Change{MAC: testMAC, Noted: true}, acmes},
	} {
		r := Batch{Rule: RuleRegister}.Apply(c.change, acmesNoted, acme, acme, time.Hour, noon)
		if r.Next != c.want || r.Err != nil {
			t.Errorf("%+v: %+v", c.change, r)
		}
		r = Batch{Rule: RuleRegister}.Apply(c.change, acmesNoted, bare, bare, time.Hour, noon)
		if r.Next != acmesNoted || r.Err == nil {
			t.Errorf("another's: %+v: %+v", c.change, r)
		}
	}
}

// Every rule ignores a hold that has ended.
func TestApplyAfterAHold(t *testing.T) {
	for rule, want := range map[Rule]error{
		RuleRegister: nil, RuleDeregister: ErrNotFound, RuleRetarget: ErrNotFound, RuleTransfer: ErrNotFound, RuleFree: ErrNotHeld, RuleAnnotate: ErrNotFound,
	} {
		r := Batch{Rule: rule}.Apply(Change{MAC: testMAC, URL: own}, acmeHeld, olga, bare, time.Hour, late)
		if r.Prev != unowned || !errors.Is(r.Err, want) || r.Err != nil && r.Next != unowned {
			t.Errorf("rule %d: %+v, want %v", rule, r, want)
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
