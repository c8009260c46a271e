package shell

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

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

// update changes the account that the first argument names. If change returns a
// problem, the caller sees that. The history records detail.
func (c *call) update(detail string, change func(*store.Account) error) (store.Account, error) {
	a, err := c.account(c.args[0])
	if err != nil {
		return a, err
	}
	a, err = c.Registry.UpdateAccount(c.audit(detail), c.dryRun, a.ID, change)
	return a, explain(err, c.args[0])
}

// An accountObject is an account for programs.
type accountObject struct {
	Account       store.Name  `json:"account"`
	Role          store.Role  `json:"role"`
	State         string      `json:"state"` // enabled, disabled or removed
	Company       string      `json:"company,omitempty"`
	SettingServer store.URL   `json:"setting_server"`
	Password      bool        `json:"password"` // whether the account has one
	Keys          []keyObject `json:"keys"`
	CreatedAt     string      `json:"created_at"`
	DryRun        bool        `json:"dry_run,omitempty"`
}

type keyObject struct {
	Fingerprint string `json:"fingerprint"`
	Kind        string `json:"kind"`
	Comment     string `json:"comment,omitempty"`
}

func (c *call) accountObject(a store.Account) accountObject {
	o := accountObject{Account: a.Name, Role: a.Role, State: state(a), Company: a.Company, SettingServer: a.SettingServer,
		Password: a.PasswordHash != "", Keys: []keyObject{}, CreatedAt: machineTime(a.Created), DryRun: c.dryRun}
	for _, k := range a.Keys {
		o.Keys = append(o.Keys, newKeyObject(k))
	}
	return o
}

func newKeyObject(k store.Key) keyObject { return keyObject{k.Fingerprint(), k.Kind(), k.Comment()} }

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
		if c.json {
			c.object(c.accountObject(a))
			continue
		}
		server := a.SettingServer.String()
		if server == "" {
			server = "-"
		}
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\n", a.Name, a.Role, state(a), server)
	}
	return w.Flush()
}

func state(a store.Account) string {
	if a.Disabled {
		return "disabled"
	}
	return "enabled"
}

func accountShow(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	if c.json {
		c.object(c.accountObject(a))
		return nil
	}
	c.field("Account", a.Name)
	c.field("Role", a.Role)
	c.field("State", state(a))
	c.field("Company", a.Company)
	c.field("Setting server", a.SettingServer)
	password := "none"
	if a.PasswordHash != "" {
		password = "set"
	}
	c.field("Password", password)
	for _, k := range a.Keys {
		c.field("Key", keyLine(k))
	}
	c.field("Created", timestamp(a.Created))
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
	a, err := c.update(company, func(a *store.Account) error { a.Company = company; return nil })
	if err != nil {
		return err
	}
	c.answer(c.accountObject(a), "%s: company %s\n", a.Name, a.Company)
	return nil
}

func accountRole(c *call) error {
	role, err := store.ParseRole(c.args[1])
	if err != nil {
		return misunderstood(codeUsage, "%q: %v.", c.args[1], err)
	}
	a, err := c.update(role.String(), func(a *store.Account) error { a.Role = role; return nil })
	if err != nil {
		return err
	}
	c.answer(c.accountObject(a), "%s is %s.\n", a.Name, map[store.Role]string{store.Partner: "a partner", store.Operator: "an operator"}[a.Role])
	return nil
}

func accountKeyAdd(c *call) error {
	text := strings.Join(c.list, " ")
	if text == "-" {
		var err error
		if text, err = c.standardInput(); err != nil {
			return err
		}
	}
	keys, err := store.ParseKeys(text)
	if err != nil {
		return misunderstood(codeUsage, "No key was added: %v.", err)
	}
	var fingerprints []string
	for _, k := range keys {
		fingerprints = append(fingerprints, k.Fingerprint())
	}
	added := 0
	a, err := c.update(strings.Join(fingerprints, " "), func(a *store.Account) (err error) { added, err = a.AddKeys(keys...); return err })
	if err != nil {
		return err
	}
	if c.json {
		c.object(c.accountObject(a))
		return nil
	}
	for _, k := range keys {
		c.answer(nil, "%s: %s\n", a.Name, keyLine(k))
	}
	if added < len(keys) {
		c.answer(nil, "Already authorized: %d of %d.\n", len(keys)-added, len(keys))
	}
	return nil
}

func keyLine(k store.Key) string {
	return strings.TrimSpace(k.Fingerprint() + " " + k.Kind() + " " + k.Comment())
}

func accountKeyList(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	for _, k := range a.Keys {
		c.answer(newKeyObject(k), "%s\n", keyLine(k))
	}
	return nil
}

func accountKeyRemove(c *call) error {
	a, err := c.update(c.args[1], func(a *store.Account) error { return a.RemoveKey(c.args[1]) })
	if err != nil {
		return err
	}
	left := plural(len(a.Keys), "key", "keys") + " left"
	switch {
	case len(a.Keys) == 0 && a.PasswordHash == "":
		left = "no key or password left and can't log in"
	case len(a.Keys) == 0:
		left = "no key left, and a password"
	}
	c.answer(c.accountObject(a), "Key removed. %s has %s.\n", a.Name, left)
	return nil
}

type passwordObject struct {
	Account  store.Name `json:"account"`
	Password string     `json:"password,omitempty"`
	DryRun   bool       `json:"dry_run,omitempty"`
}

// accountPassword writes the password and nothing else. It is shown only once.
func accountPassword(c *call) error {
	if c.dryRun { // nothing is generated or hashed
		a, err := c.account(c.args[0])
		if err != nil {
			return err
		}
		c.answer(passwordObject{Account: a.Name, DryRun: true}, "%s would get a new password.\n", a.Name)
		return nil
	}
	password := store.NewPassword()
	hash := store.HashPassword(password) // outside the transaction, because it takes some 30 ms
	a, err := c.update("", func(a *store.Account) error { a.PasswordHash = hash; return nil })
	if err != nil {
		return err
	}
	c.answer(passwordObject{Account: a.Name, Password: password}, "%s\n", password)
	return nil
}

func accountPasswordRemove(c *call) error {
	a, err := c.update("", func(a *store.Account) error { a.PasswordHash = ""; return nil })
	if err != nil {
		return err
	}
	c.answer(c.accountObject(a), "%s: password removed.\n", a.Name)
	return nil
}

func accountDisable(c *call) error { return c.setDisabled(true) }
func accountEnable(c *call) error  { return c.setDisabled(false) }

func (c *call) setDisabled(disabled bool) error {
	a, err := c.update("", func(a *store.Account) error { a.Disabled = disabled; return nil })
	if err != nil {
		return err
	}
	c.answer(c.accountObject(a), "%s is %s.\n", a.Name, state(a))
	return nil
}

// accountRemove removes an account, with --transfer-to after transferring its
// phones.
func accountRemove(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	object := removedObject{accountObject: c.accountObject(a)}
	object.State = "removed"
	other, transfers := c.options["transfer-to"]
	if !transfers {
		if err := c.Registry.RemoveAccount(c.audit(""), c.dryRun, a.ID); err != nil {
			return explain(err, c.args[0])
		}
		c.answer(object, "%s removed.\n", a.Name)
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
	c.answer(object, "%s removed; %s to %s.\n", a.Name, plural(moved, "phone now belongs", "phones now belong"), to.Name)
	return nil
}

type removedObject struct {
	accountObject
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
			return explain(c.Registry.RemoveAccount(c.audit(""), c.dryRun, a.ID), string(a.Name))
		})
}
