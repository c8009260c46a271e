package integration

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A proofCommand is what a client did to one phone, and a proofResult what it learned.
type (
	proofCommand struct {
		verb    string // register, deregister, transfer or show
		by      string // the account that did it
		account string // of register and transfer: whose phone it is to be
		url     int    // of register: the number in its URL, which no other command has
	}
	proofResult struct {
		code  string // "" if it was done, or that of the problem; lost if nobody knows
		phone proofPhone
	}
)

// lost is the code of a command without an answer: it was done, or is done at any later
// time, or never.
const lost = "lost"

// A proofPhone is the state of a phone by the rules of store/phone.go, with holds that
// don't end while the test runs. The zero value is a phone that nobody has.
type proofPhone struct {
	account string // that has it, or for which it is on hold
	held    bool
	retaken bool // it was on hold when it was registered, so it is not held again
	url     int
}

// next returns what a command makes of the phone, and the code of its answer.
func (p proofPhone) next(c proofCommand) (proofPhone, string) {
	allowed := c.by == p.account || c.by == "admin"
	switch c.verb {
	case "register":
		if p.account != "" && p.account != c.account {
			return p, "taken"
		}
		retaken := p.account != "" && (p.held || p.retaken)
		return proofPhone{account: c.account, url: c.url, retaken: retaken}, ""
	case "deregister":
		switch {
		case p.account == "", p.held && allowed:
			return p, "not_found"
		case !allowed:
			return p, "taken"
		case p.retaken:
			return proofPhone{}, ""
		}
		return proofPhone{account: p.account, held: true}, ""
	case "transfer":
		if p.account == "" || p.held {
			return p, "not_found"
		}
		return proofPhone{account: c.account, url: p.url}, ""
	}
	return p, ""
}

// proofModel tells porcupine which answers are right.
var proofModel = porcupine.Model{
	Init: func() any { return proofPhone{} },
	Step: func(state, input, output any) (bool, any) {
		before, command, result := state.(proofPhone), input.(proofCommand), output.(proofResult)
		after, code := before.next(command)
		switch {
		case result.code == lost:
			return true, after
		case result.code != code:
			return false, after
		case command.verb == "show":
			shown := before
			shown.retaken = false // which nobody sees
			return result.phone == shown, after
		}
		return true, after
	},
	DescribeOperation: func(input, output any) string {
		c, r := input.(proofCommand), output.(proofResult)
		if c.verb == "show" {
			return fmt.Sprintf("show: %+v", r.phone)
		}
		return fmt.Sprintf("%s %s %d by %s: %s", c.verb, c.account, c.url, c.by, cmp.Or(r.code, "done"))
	},
}

// linearizable reports whether the history of one phone could be that of a single machine
// that does one command at a time, each between its call and its answer.
func linearizable(history []porcupine.Operation) porcupine.CheckResult {
	for i, op := range history {
		if op.Output.(proofResult).code == lost {
			history[i].Return = math.MaxInt64
		}
	}
	return porcupine.CheckOperationsTimeout(proofModel, history, time.Minute)
}

// TestProofModel checks that wrong histories are found: a checker that can't fail proves
// nothing.
func TestProofModel(t *testing.T) {
	register := func(account string, url int) proofCommand {
		return proofCommand{verb: "register", by: account, account: account, url: url}
	}
	deregister := func(by string) proofCommand { return proofCommand{verb: "deregister", by: by} }
	transfer := proofCommand{verb: "transfer", by: "admin", account: "b"}
	show := proofCommand{verb: "show", by: "admin"}
	shown := func(p proofPhone) proofResult { return proofResult{phone: p} }
	code := func(c string) proofResult { return proofResult{code: c} }
	op := func(from, to int64, c proofCommand, r proofResult) porcupine.Operation {
		return porcupine.Operation{Call: from, Input: c, Output: r, Return: to}
	}
	mine, done := proofPhone{account: "a", url: 1}, code("")
	for name, test := range map[string]struct {
		want    porcupine.CheckResult
		history []porcupine.Operation
	}{
		"one after the other":           {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, show, shown(mine)), op(5, 6, register("b", 2), code("taken"))}},
		"a lost change":                 {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, show, shown(proofPhone{}))}},
		"a stale read":                  {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, register("a", 2), done), op(5, 6, show, shown(mine))}},
		"a read meanwhile":              {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 6, register("a", 2), done), op(4, 5, show, shown(mine))}},
		"reads back in time":            {porcupine.Illegal, []porcupine.Operation{op(1, 9, register("a", 1), done), op(2, 3, show, shown(mine)), op(4, 5, show, shown(proofPhone{}))}},
		"two owners":                    {porcupine.Illegal, []porcupine.Operation{op(1, 4, register("a", 1), done), op(2, 3, register("b", 2), done)}},
		"one of two":                    {porcupine.Ok, []porcupine.Operation{op(1, 4, register("a", 1), code("taken")), op(2, 3, register("b", 2), done)}},
		"deregistered twice":            {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 6, deregister("a"), done), op(4, 5, deregister("admin"), done)}},
		"held for another":              {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, deregister("admin"), done), op(5, 6, register("b", 2), code("taken"))}},
		"a hold that another broke":     {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, deregister("a"), done), op(5, 6, register("b", 2), done)}},
		"held once":                     {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, deregister("a"), done), op(5, 6, register("a", 2), done), op(7, 8, deregister("a"), done), op(9, 10, register("b", 3), done)}},
		"transferred":                   {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, transfer, done), op(5, 6, show, shown(proofPhone{account: "b", url: 1}))}},
		"a transfer that was forgotten": {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), done), op(3, 4, transfer, done), op(5, 6, deregister("a"), done)}},
		"lost, done later":              {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), code(lost)), op(3, 4, show, shown(proofPhone{})), op(5, 6, show, shown(mine))}},
		"lost, never done":              {porcupine.Ok, []porcupine.Operation{op(1, 2, register("a", 1), code(lost)), op(3, 4, show, shown(proofPhone{}))}},
		"lost, done and undone":         {porcupine.Illegal, []porcupine.Operation{op(1, 2, register("a", 1), code(lost)), op(3, 4, show, shown(mine)), op(5, 6, show, shown(proofPhone{}))}},
		"refused, and done":             {porcupine.Illegal, []porcupine.Operation{op(3, 4, show, shown(mine))}},
	} {
		if got := linearizable(slices.Clone(test.history)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
