package shell

import (
	"errors"
	"fmt"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

func accountQuota(c *call) error {
	quota, err := store.ParseQuota(c.args[1])
	if err != nil {
		return misunderstood(codeUsage, "%q: %v.", c.args[1], err)
	}
	return c.updateWith(c.args[1], func(a *store.Account) error { a.Quota = quota; return nil }, func(a store.Account) string {
		if a.Quota == 0 {
			return fmt.Sprintf("%s: the default quota", a.Name)
		}
		return fmt.Sprintf("%s: quota %d", a.Name, a.Quota)
	})
}

// A usageObject is an account's usage for programs.
type usageObject struct {
	Phones int `json:"phones"`
	Held   int `json:"held"`
	Quota  int `json:"quota"`
}

// accountUsage returns the object of an account with its usage.
func (c *call) accountUsage(a store.Account) (o accountObject, u store.Usage, err error) {
	u, err = c.Registry.Usage(a.ID)
	if errors.Is(err, store.ErrNoAccount) { // it has just been removed
		err = nil
	}
	o = c.accountObject(a)
	o.usageObject = &usageObject{u.Phones, u.Held, u.Quota}
	return o, u, err
}

// remarkQuota tells a caller who has registered many phones if few more can follow.
func (c *call) remarkQuota(rule store.Rule, owner store.Account) {
	if rule != store.RuleRegister || c.dryRun {
		return
	}
	u, err := c.Registry.Usage(owner.ID)
	if err != nil {
		c.Log.Error("usage", "error", err)
		return
	}
	if u.Left() > u.Quota/10 {
		return
	}
	_ = c.out.Flush()
	c.notify(fmt.Sprintf("%s has a quota of %s: %s.", owner.Name, wording.Plural(u.Quota, "phone", "phones"), usageText(u)))
}

// usageText words an account's usage, such as "12 registered, 3 on hold, 85 left".
func usageText(u store.Usage) string {
	return fmt.Sprintf("%d registered, %d on hold, %d left", u.Phones, u.Held, u.Left())
}
