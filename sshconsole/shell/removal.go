package shell

import (
	"errors"

	"snomredirect/sshconsole/profiles"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// accountRemove removes an account, with --transfer-to after transferring its
// phones.
func accountRemove(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	object := removedObject{Object: c.accountObject(a)}
	object.State = "removed"
	other, transfers := c.options["transfer-to"]
	if !transfers {
		if err := c.Registry.RemoveAccount(c.audit(""), c.dryRun, a.ID); err != nil {
			return explain(err, c.args[0])
		}
		c.answer(object, "%s %s.\n", a.Name, c.did("removed"))
		return nil
	}
	to, err := c.account(other)
	if err != nil {
		return err
	}
	moved, err := c.transferAll(a, to)
	c.noted = []any{"phones", moved, "to", to.Name}
	if err != nil {
		return err
	}
	object.Phones, object.To = &moved, to.Name
	if c.dryRun {
		c.answer(object, "%s would be removed, and %s transferred to %s.\n", a.Name, wording.Plural(moved, "phone", "phones"), to.Name)
		return nil
	}
	c.answer(object, "%s removed; %s to %s.\n", a.Name, wording.Plural(moved, "phone now belongs", "phones now belong"), to.Name)
	return nil
}

type removedObject struct {
	profiles.Object
	Phones *int       `json:"phones,omitempty"` // that were transferred
	To     store.Name `json:"transferred_to,omitempty"`
}

// transferAll transfers all phones of a to another account and removes a. It does
// neither if the removal would be refused or a phone would have no setting server.
func (c *call) transferAll(a, to store.Account) (moved int, err error) {
	if to.ID == a.ID {
		return 0, misunderstood(codeUsage, "%s owns these phones already: name another account.", a.Name)
	}
	const dryRun = true
	if err := c.Registry.RemoveAccount(c.audit(""), dryRun, a.ID); err != nil && !errors.Is(err, store.ErrOwnsPhones) {
		return 0, explain(err, string(a.Name))
	}
	if to.SettingServer.IsZero() {
		for p, err := range c.phonesOf(a.ID) {
			if err != nil {
				return 0, err
			}
			if p.URL.IsZero() {
				return 0, c.noSettingServerOf(p.MAC, string(to.Name))
			}
		}
	}
	return c.changeAll(a.ID, -1, store.Batch{Audit: c.audit(""), Rule: store.RuleTransfer, Owner: to.ID, From: a.ID},
		func(p store.Phone) (store.Change, bool) { return store.Change{MAC: p.MAC}, true },
		func() error {
			if c.dryRun {
				return nil
			}
			return explain(c.Registry.RemoveAccount(c.audit(""), false, a.ID), string(a.Name))
		})
}
