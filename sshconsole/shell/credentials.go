package shell

import (
	"errors"
	"fmt"
	"strings"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/profiles"
	"snomredirect/store"
)

// addKeys authorizes the keys of the command's list, or of standard input.
func addKeys(c *call) error {
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
		c.answer(nil, "%s: %s\n", a.Name, profiles.KeyLine(k))
	}
	if added < len(keys) {
		c.answer(nil, "Already authorized: %d of %d.\n", len(keys)-added, len(keys))
	}
	return nil
}

func listKeys(c *call) error {
	a, err := c.target()
	if err != nil {
		return err
	}
	for _, k := range a.Keys {
		c.listKey(a, k)
	}
	return nil
}

// removeKey removes the key with the fingerprint that is the command's last word.
func removeKey(c *call) error {
	fingerprint := c.args[len(c.args)-1]
	remove := func(a *store.Account) error {
		err := a.RemoveKey(fingerprint)
		if err == store.ErrNoKey {
			list := "KEY LIST"
			if c.cmd.namesAccount() {
				list = fmt.Sprintf("ACCOUNT KEY %s LIST", a.Name)
			}
			err = refused(codeNotFound, "%s has no such key: %s shows the fingerprints.", a.Name, list)
		}
		return err
	}
	return c.updateWith(fingerprint, remove,
		func(a store.Account) string {
			return fmt.Sprintf("Key %s. %s has %s.%s", c.did("removed"), a.Name, profiles.Credentials(a), c.comesBack(a, fingerprint))
		})
}

type passwordObject struct {
	Account  store.Name `json:"account"`
	Password string     `json:"password,omitempty"`
	DryRun   bool       `json:"dry_run,omitempty"`
}

// newPassword writes the new password and nothing else. It is shown only once.
func newPassword(c *call) error {
	if c.dryRun { // nothing is generated or hashed
		a, err := c.target()
		if err != nil {
			return err
		}
		c.answer(passwordObject{Account: a.Name, DryRun: true}, "%s would get a new password.\n", a.Name)
		return nil
	}
	password := store.NewPassword()
	a, err := c.setPassword(password)
	if err != nil {
		return err
	}
	c.answer(passwordObject{Account: a.Name, Password: password}, "%s\n", password)
	return nil
}

func removePassword(c *call) error {
	return c.updateWith("", func(a *store.Account) error { a.PasswordHash = ""; return nil },
		func(a store.Account) string {
			return fmt.Sprintf("Password %s. %s has %s.", c.did("removed"), a.Name, profiles.Credentials(a))
		})
}

// readPassword sets the password that is the only line of standard input.
func readPassword(c *call) error {
	text, err := c.standardInput()
	if err != nil {
		return err
	}
	password, more, _ := strings.Cut(text, "\n")
	if more != "" {
		return misunderstood(codeUsage, "The password was not changed: standard input has more than one line.")
	}
	return c.choosePassword(password)
}

// typePassword sets a password that the caller types twice at a prompt.
func typePassword(c *call) error {
	in, ok := c.In.(SecretReader)
	if !ok || c.json {
		return misunderstood(codeUsage, "PASSWORD asks at a prompt: use PASSWORD - to set the one on standard input, or PASSWORD NEW to get a random one.")
	}
	password, err := in.ReadSecret("New password: ")
	if err != nil {
		return unread(err)
	}
	if _, err := store.ParsePassword(password, c.by.Name); err != nil {
		return notChosen(err)
	}
	again, err := in.ReadSecret("The same again: ")
	switch {
	case err != nil:
		return unread(err)
	case again != password:
		return misunderstood(codeUsage, "The password was not changed: the second one differs.")
	}
	return c.choosePassword(password)
}

// choosePassword gives the caller's account a password of the caller's choice.
func (c *call) choosePassword(password string) error {
	password, err := store.ParsePassword(password, c.by.Name)
	if err != nil {
		return notChosen(err)
	}
	if !c.dryRun {
		if _, err := c.setPassword(password); err != nil {
			return err
		}
	}
	c.answer(passwordObject{Account: c.by.Name, DryRun: c.dryRun}, "Password %s.\n", c.did("changed"))
	return nil
}

func notChosen(err error) error {
	return misunderstood(codeUsage, "The password was not changed: %v.", err)
}

// unread returns the problem of a secret that could not be read.
func unread(err error) error {
	if bad := (*lineedit.Error)(nil); errors.As(err, &bad) {
		return badLine(bad)
	}
	return refused(codeBusy, "The password was not changed.")
}

// setPassword gives the command's target a password. It is hashed outside the
// transaction, because that takes some 30 ms, and only if the change is allowed.
func (c *call) setPassword(password string) (store.Account, error) {
	set := func(hash store.PasswordHash) func(*store.Account) error {
		return func(a *store.Account) error { a.PasswordHash = hash; return nil }
	}
	a, err := c.target()
	if err != nil {
		return a, err
	}
	const dryRun = true
	if _, err := c.Registry.UpdateAccount(c.audit(""), dryRun, a.ID, set("to be hashed")); err != nil {
		return a, explain(err, string(a.Name))
	}
	return c.update("", set(store.HashPassword(password)))
}
