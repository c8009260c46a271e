package shell

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"snomredirect/sshconsole/profiles"
	"snomredirect/store"
)

// account looks up an account by the name that was typed.
func (c *call) account(word string) (store.Account, error) {
	name, err := store.ParseName(word)
	if err != nil {
		return store.Account{}, misunderstood(codeUsage, "%q is not an account name: %v.", word, err)
	}
	a, err := c.Registry.AccountNamed(name)
	return a, explain(err, word)
}

// target returns the account that the command is about: the one it names, or the
// caller's.
func (c *call) target() (store.Account, error) {
	if c.cmd.namesAccount() {
		return c.account(c.args[0])
	}
	return c.by, nil
}

// update changes the command's target. If change returns a problem, the caller sees
// that. The history records detail.
func (c *call) update(detail string, change func(*store.Account) error) (store.Account, error) {
	a, err := c.target()
	if err != nil {
		return a, err
	}
	name := string(a.Name)
	a, err = c.Registry.UpdateAccount(c.audit(detail), c.dryRun, a.ID, change)
	return a, explain(err, name)
}

// updateWith is update, answered with the account and a text about it.
func (c *call) updateWith(detail string, change func(*store.Account) error, text func(store.Account) string) error {
	a, err := c.update(detail, change)
	if err == nil {
		c.answer(c.accountObject(a), "%s\n", text(a))
	}
	return err
}

// accountObject returns an account for programs.
func (c *call) accountObject(a store.Account) profiles.Object { return profiles.New(a, c.dryRun) }

func accountAdd(c *call) error {
	name, err := store.ParseName(c.args[0])
	if err != nil {
		return misunderstood(codeUsage, "%q can't be an account name: %v.", c.args[0], err)
	}
	url, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	a, err := c.Registry.AddAccount(c.audit(c.args[1]), c.dryRun, store.Account{Name: name, SettingServer: url})
	if err != nil {
		return explain(err, c.args[0])
	}
	if c.dryRun {
		c.answer(c.accountObject(a), "%s would be added.\n", name)
		return nil
	}
	c.answer(c.accountObject(a), "%s added. Allow logins with ACCOUNT KEY %s ADD <key> or ACCOUNT PASSWORD %s.\n", name, name, name)
	return nil
}

func accountList(c *call) error {
	all, err := c.Registry.Accounts()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, a := range all {
		o, used, err := c.accountUsage(a)
		if err != nil {
			return err
		}
		last, _ := c.LastLogin(a.ID)
		if c.json {
			o.LastLogin = profiles.NewLogin(last)
			c.object(o)
			continue
		}
		fmt.Fprintln(w, profiles.Row{Account: a, Usage: used, LastLogin: last}.Line())
	}
	return w.Flush()
}

func accountShow(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	object, used, err := c.accountUsage(a)
	if err != nil {
		return err
	}
	keys, err := c.Registry.APIKeys(a.ID)
	if err != nil {
		return err
	}
	last, _ := c.LastLogin(a.ID)
	if c.json {
		n := len(keys)
		object.APIKeys, object.LastLogin = &n, profiles.NewLogin(last)
		c.object(object)
		return nil
	}
	profiles.Write(c.out, a, used, len(keys))
	c.field("Last login", profiles.LoginText(last))
	return nil
}

func accountServer(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	return c.setServer(a, c.args[1])
}

func accountCompany(c *call) error {
	text := strings.Join(c.list, " ")
	company, err := store.ParseCompany(text)
	if err != nil {
		return misunderstood(codeUsage, "%q: %v.", text, err)
	}
	return c.updateWith(company, func(a *store.Account) error { a.Company = company; return nil },
		func(a store.Account) string { return fmt.Sprintf("%s: company %s", a.Name, a.Company) })
}

func accountRole(c *call) error {
	role, err := store.ParseRole(c.args[1])
	if err != nil {
		return misunderstood(codeUsage, "%q: %v.", c.args[1], err)
	}
	return c.updateWith(role.String(), func(a *store.Account) error { a.Role = role; return nil }, func(a store.Account) string {
		return fmt.Sprintf("%s %s %s.", a.Name, c.is(), map[store.Role]string{store.Partner: "a partner", store.Operator: "an operator"}[a.Role])
	})
}

func accountDisable(c *call) error { return c.setDisabled(true) }
func accountEnable(c *call) error  { return c.setDisabled(false) }

func (c *call) setDisabled(disabled bool) error {
	detail := ""
	_, phones := c.options["phones"]
	if phones {
		detail = "--phones"
	}
	change := func(a *store.Account) error {
		a.Disabled = disabled
		a.PhonesDisabled = disabled && (phones || a.PhonesDisabled) // only ACCOUNT ENABLE undoes that
		return nil
	}
	return c.updateWith(detail, change,
		func(a store.Account) string { return fmt.Sprintf("%s %s %s.", a.Name, c.is(), profiles.State(a)) })
}
