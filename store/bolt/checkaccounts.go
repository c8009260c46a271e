package bolt

import (
	"encoding/json"
	"fmt"
	"strconv"

	"snomredirect/store"
)

// name returns how problems name an account.
func (c *check) name(id store.AccountID) string {
	if t := c.accounts[id]; t != nil {
		return t.name
	}
	return fmt.Sprintf("account %d", id)
}

// checkAccounts counts the accounts, and checks that each is found by its name.
func (c *check) checkAccounts() {
	c.Accounts = c.each(bucketAccounts, 4, func(k, v []byte) {
		id := accountID(k)
		t := &tally{name: c.name(id)}
		c.accounts[id] = t
		c.numbered(bucketAccounts, uint64(id), t.name)
		var a store.Account
		if err := json.Unmarshal(v, &a); err != nil {
			c.add("the record of %s is damaged", t.name)
			return
		}
		if _, err := store.ParseName(string(a.Name)); err != nil {
			c.add("%s has the name %q", t.name, a.Name)
			return
		}
		t.name = string(a.Name)
		if v := c.get(bucketNames, []byte(a.Name)); string(v) != string(k) {
			c.add("%s is not found by its name", t.name)
		}
	})
}

func (c *check) checkNames() {
	c.each(bucketNames, 0, func(k, v []byte) {
		switch {
		case len(v) != 4:
			c.add("the record of the name %q is damaged", k)
		case c.accounts[accountID(v)] == nil:
			c.add("the name %q is that of %s, which does not exist", k, c.name(accountID(v)))
		case c.name(accountID(v)) != string(k):
			c.add("the name %q is that of %s", k, c.name(accountID(v)))
		}
	})
}

func (c *check) checkServers() {
	c.each(bucketServers, 4, func(k, v []byte) {
		id := accountID(k)
		t := c.accounts[id]
		if t == nil {
			c.add("%s has a setting server and does not exist", c.name(id))
			return
		}
		t.server = true
		if len(v) == 0 || !isURL(v) {
			c.add("the setting server of %s is damaged", t.name)
		}
	})
}

// isURL reports whether b has only bytes that a stored URL has.
func isURL(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// isNote reports whether n can be a stored note.
func isNote(n store.Note) bool {
	parsed, err := store.ParseNote(string(n))
	return err == nil && parsed == n
}

// checkUsage compares the stored counts with what was counted before.
func (c *check) checkUsage() {
	if c.Schema >= 3 {
		if v := c.get(bucketMeta, keyPhones); string(v) != strconv.Itoa(c.Phones) && (v != nil || c.Phones > 0) {
			c.add("the stored count of all phones is %q, not %d", v, c.Phones)
		}
	}
	c.each(bucketUsage, 4, func(k, _ []byte) {
		if id := accountID(k); c.accounts[id] == nil {
			c.add("%s has a usage and does not exist", c.name(id))
		}
	})
	if c.tx.Bucket(bucketUsage) == nil {
		return
	}
	c.each(bucketAccounts, 4, func(k, _ []byte) {
		t := c.accounts[accountID(k)]
		u, err := getUsage(c.tx, accountID(k))
		switch {
		case err != nil:
			c.add("the record of the usage of %s is damaged", t.name)
		case u.Phones != t.phones:
			c.add("the stored count of %s's phones is %d, not %d", t.name, u.Phones, t.phones)
		case u.Held != t.held:
			c.add("the stored count of %s's phones on hold is %d, not %d", t.name, u.Held, t.held)
		}
	})
}
