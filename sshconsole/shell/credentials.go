package shell

import (
	"fmt"
	"strings"

	"snomredirect/sshconsole/profiles"
	"snomredirect/store"
)

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
		c.answer(nil, "%s: %s\n", a.Name, profiles.KeyLine(k))
	}
	if added < len(keys) {
		c.answer(nil, "Already authorized: %d of %d.\n", len(keys)-added, len(keys))
	}
	return nil
}

func accountKeyList(c *call) error {
	a, err := c.account(c.args[0])
	if err != nil {
		return err
	}
	for _, k := range a.Keys {
		c.answer(profiles.NewKey(k), "%s\n", profiles.KeyLine(k))
	}
	return nil
}

func accountKeyRemove(c *call) error {
	return c.updateWith(c.args[1], func(a *store.Account) error { return a.RemoveKey(c.args[1]) },
		func(a store.Account) string {
			return fmt.Sprintf("Key %s. %s has %s.", c.did("removed"), a.Name, profiles.Credentials(a))
		})
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
	return c.updateWith("", func(a *store.Account) error { a.PasswordHash = ""; return nil },
		func(a store.Account) string {
			return fmt.Sprintf("Password %s. %s has %s.", c.did("removed"), a.Name, profiles.Credentials(a))
		})
}
