package shell

import (
	"errors"
	"fmt"

	"snomredirect/sshconsole/profiles"
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

// accountUsage returns the object of an account with its usage.
func (c *call) accountUsage(a store.Account) (o profiles.Object, u store.Usage, err error) {
	u, err = c.Registry.Usage(a.ID)
	if errors.Is(err, store.ErrNoAccount) { // it has just been removed
		err = nil
	}
	o = c.accountObject(a)
	o.Usage = profiles.NewUsage(u)
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
	c.notify(fmt.Sprintf("%s has a quota of %s: %s.", owner.Name, wording.Plural(u.Quota, "phone", "phones"), profiles.UsageText(u)))
}
