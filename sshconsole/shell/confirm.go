package shell

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/extent"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// asks reports whether there is a person to ask.
func (c *call) asks() bool { return c.Width() > 0 && !c.json }

// confirm says what is about to happen and asks, at a terminal. Without one it
// needs --yes.
func (c *call) confirm(what string) error {
	if _, yes := c.options["yes"]; !yes && !c.asks() {
		return misunderstood(codeUsage, "%s Nothing was done: add --yes to continue.", what)
	}
	return c.ask(what)
}

// confirmBig is confirm for a command of an extent. A small one goes on.
func (c *call) confirmBig(e extent.Extent, what string) error {
	if c.dryRun || !e.IsBig(c.asks()) {
		return nil
	}
	if _, yes := c.options["yes"]; !yes && !c.asks() {
		return refused(codeForbidden, "%s Nothing was done: add --yes to continue.", what)
	}
	return c.ask(what)
}

// ask says what is about to happen and asks, unless --yes was given.
func (c *call) ask(what string) error {
	_, yes := c.options["yes"]
	if !c.json {
		fmt.Fprintln(c.out, what)
	}
	if err := c.out.Flush(); err != nil || yes {
		return err
	}
	answer, err := c.readLine("Go on? [y/N] ")
	if word := strings.ToLower(strings.TrimSpace(answer)); err == nil && (word == "y" || word == "yes") {
		return nil
	}
	return refused(codeBusy, "Nothing was done.")
}

// extentOf returns the extent of a batch with these changes, which are in the order of
// their MACs; of those of one MAC the last counts. It learns nothing of other accounts'
// phones. owner is the new owner, for the rules that have one.
func (c *call) extentOf(b store.Batch, owner store.Account, changes iter.Seq[store.Change]) (e extent.Extent, err error) {
	of := owner.ID
	if of == 0 && !c.by.Operates() {
		of = c.by.ID
	}
	if u, err := c.Registry.Usage(of); err != nil || u.Phones < 2 || !c.asks() && u.Phones <= extent.Few {
		return e, explain(err, string(owner.Name))
	}
	var some []store.Change // of different MACs, not added yet
	for change := range changes {
		if n := len(some); n > 0 && some[n-1].MAC == change.MAC {
			some[n-1] = change
			continue
		}
		if len(some) >= lookUpAtOnce {
			if err := c.addTo(&e, b, owner, some); err != nil {
				return e, err
			}
			some = some[:0]
		}
		some = append(some, change)
	}
	return e, c.addTo(&e, b, owner, some)
}

// lookUpAtOnce is how many phones are looked up together.
const lookUpAtOnce = 1000

// addTo adds changes of different phones to the extent of a batch.
func (c *call) addTo(e *extent.Extent, b store.Batch, owner store.Account, changes []store.Change) error {
	macs := make([]macaddr.Addr, len(changes))
	for i, change := range changes {
		macs[i] = change.MAC
	}
	phones, err := c.Registry.PhonesOf(macs)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if len(phones) > 0 && phones[0].MAC == change.MAC {
			e.AddBatch(b, change, phones[0], c.by, owner)
			phones = phones[1:]
		}
	}
	return nil
}

// followers returns the extent of a change of an account's setting server, and words
// it: how many of the account's phones follow it.
func (c *call) followers(a store.Account, server string) (e extent.Extent, what string, err error) {
	all := 0
	for p, err := range c.phonesOf(a.ID) {
		if err != nil {
			return e, "", err
		}
		all++
		if p.URL.IsZero() {
			e.Add(p, store.Phone{})
		}
	}
	subject := wording.Plural(e.Phones, "phone follows", "phones follow")
	if e.Phones < all {
		subject = fmt.Sprintf("%d of %d phones follow", e.Phones, all)
	}
	return e, fmt.Sprintf("%s the account's setting server and will use %s.", subject, server), nil
}

// tellChanged tells how many phones will use another setting server.
func (c *call) tellChanged(phones int, server string) {
	switch {
	case c.json || phones == 0:
	case c.dryRun:
		c.answer(nil, "%s would use %s at their next boot.\n", wording.Plural(phones, "phone", "phones"), server)
	case phones == 1:
		c.answer(nil, "Changed: 1 phone will use %s at its next boot.\n", server)
	default:
		c.answer(nil, "Changed: %d phones will use %s at their next boot.\n", phones, server)
	}
}

// confirmBatch asks about a batch of several phones, and reports whether it is big.
func (c *call) confirmBatch(b store.Batch, owner store.Account) (big bool, err error) {
	if len(b.Changes) < 2 || b.Rule != store.RuleRegister && b.Rule != store.RuleDeregister {
		return false, nil
	}
	sorted := slices.Clone(b.Changes)
	slices.SortStableFunc(sorted, func(x, y store.Change) int { return x.MAC.Compare(y.MAC) })
	e, err := c.extentOf(b, owner, slices.Values(sorted))
	if err != nil {
		return false, err
	}
	return e.IsBig(c.asks()), c.confirmBig(e, e.Words(willBe[b.Rule]))
}

// willBe words what a rule does to a phone that is registered.
var willBe = map[store.Rule]string{store.RuleRegister: "changed", store.RuleDeregister: "deregistered"}
