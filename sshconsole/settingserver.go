package sshconsole

import (
	"fmt"
	"strings"

	"snomredirect/store"
)

func showServer(c *call) error {
	if c.by.SettingServer.IsZero() {
		return refused(notFound, "%s has no setting server of its own: SERVER <url> sets one.", c.by.Name)
	}
	c.answer(c.accountObject(c.by), "%v\n", c.by.SettingServer)
	return nil
}

func changeServer(c *call) error { return c.setServer(c.by, c.args[0]) }

// setServer changes the setting server of an account.
func (c *call) setServer(a store.Account, word string) error {
	url, err := c.url(word)
	if err != nil {
		return err
	}
	name := a.Name
	a, err = c.registry.UpdateAccount(c.cause(word), a.ID, func(a *store.Account) error { a.SettingServer = url; return nil })
	if err != nil {
		return explain(err, string(name))
	}
	c.answer(c.accountObject(a), "%s: setting server %v for all phones without one of their own.\n", a.Name, a.SettingServer)
	return nil
}

type retargetObject struct {
	Phones  int  `json:"phones"`
	Account bool `json:"account"` // its setting server too
	DryRun  bool `json:"dry_run,omitempty"`
}

// retarget changes a setting server wherever it is the caller's: at phones that
// have it as their own, and at the account.
func retarget(c *call) error {
	old, err := store.ParseURL(c.args[0])
	if err != nil {
		return misunderstood(malformedURL, "%q: %v.", c.args[0], err)
	}
	next, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	ofAccount := c.by.SettingServer == old
	n := 0
	for p, err := range c.phonesOf(c.by.ID) {
		if err != nil {
			return err
		}
		if p.URL == old {
			n++
		}
	}
	if n == 0 && !ofAccount {
		return refused(notFound, "Neither your account nor a phone of its own has the setting server %v.", old)
	}
	subject := affected(n, ofAccount)
	if c.dryRun {
		c.answer(retargetObject{n, ofAccount, true}, "%s would change from %v to %v.\n", subject, old, next)
		return nil
	}
	if err := c.confirm(fmt.Sprintf("%s will change from %v to %v.", subject, old, next)); err != nil {
		return err
	}
	if ofAccount {
		change := func(a *store.Account) error {
			if ofAccount = a.SettingServer == old; ofAccount {
				a.SettingServer = next
			}
			return nil
		}
		if _, err := c.registry.UpdateAccount(c.cause(old.String()+" "+next.String()), c.by.ID, change); err != nil {
			return explain(err, string(c.by.Name))
		}
		c.changed = true
	}
	done, err := c.inBatches(n, func(p store.Phone) (store.Change, bool) {
		return store.Change{MAC: p.MAC, URL: next}, p.URL == old
	}, c.by.ID, store.Order{Cause: c.cause(old.String() + " " + next.String()), Kind: store.OrderRetarget, Was: old})
	c.noted = []any{"phones", done, "account", ofAccount}
	if err != nil {
		_ = c.tell(err)
		return refused(internal, "Not all was done: %s changed.", affected(done, ofAccount))
	}
	c.answer(retargetObject{done, ofAccount, false}, "%s changed.\n", affected(done, ofAccount))
	return nil
}

// affected words what RETARGET is about.
func affected(phones int, account bool) string {
	if phones == 0 && account {
		return "The account's setting server"
	}
	words := many(phones, "phone with a setting server of its own", "phones with a setting server of their own")
	if account {
		words += " and the account's setting server"
	}
	return words
}

// inBatches carries out an order on the phones of an account that pick picks,
// batch by batch, and returns how many were changed. About n are expected.
func (c *call) inBatches(n int, pick func(store.Phone) (store.Change, bool), of store.AccountID, o store.Order) (done int, err error) {
	progress := newProgress(c.console, "phones", n)
	defer progress.end()
	change := func() error {
		outcomes, err := c.registry.Change(o)
		for _, out := range outcomes {
			if out.Err == nil && out.Prev != out.Next {
				done++
			}
		}
		o.Changes = o.Changes[:0]
		c.changed = c.changed || done > 0
		progress.at(done)
		return err
	}
	for p, err := range c.phonesOf(of) {
		if err != nil {
			return done, err
		}
		if one, ok := pick(p); ok {
			o.Changes = append(o.Changes, one)
		}
		if len(o.Changes) == batchSize {
			if err := change(); err != nil {
				return done, err
			}
		}
	}
	if len(o.Changes) == 0 {
		return done, nil
	}
	return done, change()
}

// confirm tells what is about to happen and, at a terminal, asks. Elsewhere only
// --yes goes on.
func (c *call) confirm(what string) error {
	if _, yes := c.options["yes"]; yes {
		if !c.json {
			fmt.Fprintln(c.out, what)
		}
		return c.out.Flush()
	}
	if c.width() == 0 {
		return misunderstood(usage, "%s Nothing was done: say --yes to go on.", what)
	}
	fmt.Fprintln(c.out, what)
	if err := c.out.Flush(); err != nil {
		return err
	}
	answer, err := c.in.ReadLine("Go on? (y/n) ")
	if word := strings.ToLower(strings.TrimSpace(answer)); err == nil && (word == "y" || word == "yes") {
		return nil
	}
	return refused(busy, "Nothing was done.")
}
