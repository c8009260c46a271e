package sshconsole

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"snomredirect/store"
)

// account returns the account of that name.
func (c *call) account(word string) (store.Account, error) {
	name, err := store.ParseName(word)
	if err != nil {
		return store.Account{}, misunderstood("%q is no account's name: %v.", word, err)
	}
	a, err := c.registry.AccountNamed(name)
	return a, explain(err, word)
}

// update changes the account that the first argument names. A problem that
// change returns is told as it is.
func (c *call) update(change func(*store.Account) error) (store.Account, error) {
	a, err := c.account(c.args[0])
	if err != nil {
		return a, err
	}
	a, err = c.registry.UpdateAccount(a.ID, change)
	return a, explain(err, c.args[0])
}

func accountAdd(c *call) error {
	name, err := store.ParseName(c.args[0])
	if err != nil {
		return misunderstood("%q can't be an account's name: %v.", c.args[0], err)
	}
	url, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	if _, err := c.registry.AddAccount(store.Account{Name: name, SettingServer: url}); err != nil {
		return explain(err, c.args[0])
	}
	fmt.Fprintf(c.out, "%s added. To let it in: ACCOUNT KEY %s ADD <key>, or ACCOUNT PASSWORD %s.\n", name, name, name)
	return nil
}

func accountList(c *call) error {
	all, err := c.registry.Accounts()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, a := range all {
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
	url, err := c.url(c.args[1])
	if err != nil {
		return err
	}
	a, err := c.update(func(a *store.Account) error { a.SettingServer = url; return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: setting server %v for all phones without one of their own.\n", a.Name, a.SettingServer)
	return nil
}

func accountCompany(c *call) error {
	company, err := store.ParseCompany(c.args[1])
	if err != nil {
		return misunderstood("%q: %v.", c.args[1], err)
	}
	a, err := c.update(func(a *store.Account) error { a.Company = company; return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: company %s\n", a.Name, a.Company)
	return nil
}

func accountRole(c *call) error {
	role, err := store.ParseRole(c.args[1])
	if err != nil {
		return misunderstood("%q: %v.", c.args[1], err)
	}
	a, err := c.update(func(a *store.Account) error { a.Role = role; return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is %s.\n", a.Name, map[store.Role]string{store.Partner: "a partner", store.Operator: "an operator"}[a.Role])
	return nil
}

func accountKeyAdd(c *call) error {
	text := c.args[1]
	if text == "-" {
		var err error
		if text, err = c.standardInput(); err != nil {
			return err
		}
	}
	keys, err := store.ParseKeys(text)
	if err != nil {
		return misunderstood("No key was added: %v.", err)
	}
	added := 0
	a, err := c.update(func(a *store.Account) (err error) { added, err = a.AddKeys(keys...); return err })
	if err != nil {
		return err
	}
	for _, k := range keys {
		fmt.Fprintf(c.out, "%s: %s\n", a.Name, keyLine(k))
	}
	if added < len(keys) {
		fmt.Fprintf(c.out, "%d of %d were there already.\n", len(keys)-added, len(keys))
	}
	return nil
}

// standardInput reads lines to the end, at a prompt until Ctrl-D.
func (c *call) standardInput() (string, error) {
	const most = 64 << 10
	var text strings.Builder
	for {
		line, err := c.in.ReadLine("")
		switch {
		case err == io.EOF:
			return text.String(), nil
		case err == errInterrupted, c.ctx.Err() != nil:
			return "", refused("Interrupted; nothing was done.")
		case err != nil:
			return "", err
		case text.Len()+len(line) > most:
			return "", misunderstood("Standard input is longer than %d bytes; nothing was done.", most)
		}
		text.WriteString(line + "\n")
	}
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
		fmt.Fprintln(c.out, keyLine(k))
	}
	return nil
}

func accountKeyRemove(c *call) error {
	a, err := c.update(func(a *store.Account) error { return a.RemoveKey(c.args[1]) })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: key removed. It has %d.\n", a.Name, len(a.Keys))
	return nil
}

// accountPassword writes the password and nothing else: it is shown once.
func accountPassword(c *call) error {
	password := store.NewPassword()
	hash := store.HashPassword(password) // outside the transaction: it takes its time
	if _, err := c.update(func(a *store.Account) error { a.PasswordHash = hash; return nil }); err != nil {
		return err
	}
	fmt.Fprintln(c.out, password)
	return nil
}

func accountPasswordRemove(c *call) error {
	a, err := c.update(func(a *store.Account) error { a.PasswordHash = ""; return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: password removed.\n", a.Name)
	return nil
}

func accountDisable(c *call) error { return c.setDisabled(true) }
func accountEnable(c *call) error  { return c.setDisabled(false) }

func (c *call) setDisabled(disabled bool) error {
	a, err := c.update(func(a *store.Account) error { a.Disabled = disabled; return nil })
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is %s.\n", a.Name, state(a))
	return nil
}

func accountRemove(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	if err := c.registry.RemoveAccount(a.ID); err != nil {
		return explain(err, c.args[0])
	}
	fmt.Fprintf(c.out, "%s removed.\n", a.Name)
	return nil
}
