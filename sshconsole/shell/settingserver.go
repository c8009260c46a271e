package shell

import (
	"fmt"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

func showServer(c *call) error {
	if c.by.SettingServer.IsZero() {
		return refused(codeNotFound, "%s has no setting server: SERVER <url> sets one.", c.by.Name)
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
	reached := 0
	if url != a.SettingServer {
		e, what, err := c.followers(a, url.String())
		if err == nil {
			err = c.confirmBig(e, what)
		}
		if err != nil {
			return err
		}
		reached = e.Phones
	}
	a, err = c.Registry.UpdateAccount(c.undoable(word), c.dryRun, a.ID, func(a *store.Account) error { a.SettingServer = url; return nil })
	if err != nil {
		return explain(err, string(name))
	}
	c.answer(c.accountObject(a), "%s: setting server %v, for all phones without a URL of their own.\n", a.Name, a.SettingServer)
	c.tellChanged(reached, a.SettingServer.String())
	return nil
}

// serverFiles makes the account's files its setting server.
func serverFiles(c *call) error {
	v, err := c.files()
	if err != nil {
		return err
	}
	a, err := c.Files.Store.ServeFiles(c.audit(""), true, v.Account.ID, c.Files.URL)
	if err != nil {
		return c.explainFile(v, "", err)
	}
	reached := 0
	if a.SettingServer.IsZero() || a.SettingServer != v.Account.SettingServer {
		e, what, err := c.followers(v.Account, "the account's files")
		if err == nil {
			err = c.confirmBig(e, what)
		}
		if err != nil {
			return err
		}
		reached = e.Phones
	}
	if !c.dryRun {
		if a, err = c.Files.Store.ServeFiles(c.audit(""), false, v.Account.ID, c.Files.URL); err != nil {
			return c.explainFile(v, "", err)
		}
	} else if v.HidesToken() {
		a.SettingServer = store.URL{}
	}
	if a.SettingServer.IsZero() { // only in a dry run
		c.answer(c.accountObject(a), "%s: setting server would be the URL of its files, for all phones without a URL of their own.\n", a.Name)
		return nil
	}
	c.answer(c.accountObject(a), "%s: setting server %v, for all phones without a URL of their own.\n", a.Name, a.SettingServer)
	c.tellChanged(reached, "the account's files")
	return nil
}

type retargetObject struct {
	Phones  int  `json:"phones"`
	Account bool `json:"account"` // its setting server too
	DryRun  bool `json:"dry_run,omitempty"`
}

// retarget replaces a setting server everywhere in the caller's account: on phones
// that have it as their own, and on the account.
func retarget(c *call) error {
	old, err := store.ParseURL(c.args[0])
	if err != nil {
		return misunderstood(codeMalformedURL, "%q: %v.", c.args[0], err)
	}
	next, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	if old == next {
		return misunderstood(codeUsage, "%v twice: expected the old setting server and the new one.", old)
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
		return refused(codeNotFound, "Neither your account nor any of its phones has the setting server %v.", old)
	}
	subject := affected(n, ofAccount)
	if c.dryRun {
		c.answer(retargetObject{n, ofAccount, true}, "%s would change from %v to %v.\n", subject, old, next)
		return nil
	}
	if err := c.confirm(capital(subject) + fmt.Sprintf(" will change from %v to %v.", old, next)); err != nil {
		return err
	}
	detail := old.String() + " " + next.String()
	done, err := c.changeAll(c.by.ID, n, store.Batch{Audit: c.undoable(detail), Rule: store.RuleRetarget, Was: old}, func(p store.Phone) (store.Change, bool) {
		return store.Change{MAC: p.MAC, URL: next}, p.URL == old
	}, func() error {
		if !ofAccount {
			return nil
		}
		_, err := c.Registry.UpdateAccount(c.undoable(detail), c.dryRun, c.by.ID, func(a *store.Account) error {
			if ofAccount = a.SettingServer == old; ofAccount {
				a.SettingServer = next
			}
			return nil
		})
		c.changed = c.changed || err == nil && ofAccount
		return explain(err, string(c.by.Name))
	})
	c.noted = []any{"phones", done}
	if err != nil {
		return err
	}
	c.answer(retargetObject{done, ofAccount, false}, "%s changed.\n", capital(affected(done, ofAccount)))
	return nil
}

// affected words what RETARGET changes.
func affected(phones int, account bool) string {
	if phones == 0 && account {
		return "the account's setting server"
	}
	words := wording.Plural(phones, "phone with a setting server of its own", "phones with a setting server of their own")
	if account {
		words += " and the account's setting server"
	}
	return words
}
