package shell

import (
	"snomredirect/sshconsole/profiles"
	"snomredirect/store"
)

// A listedKey is a key for programs, and whether each start of the service adds it.
type listedKey struct {
	profiles.Key
	Flag bool `json:"from_admin_key,omitempty"`
}

// fromFlag reports whether each start of the service adds the account's key with a
// fingerprint, because --admin-key names it.
func (s *Shell) fromFlag(a store.Account, fingerprint string) bool {
	_, ok := (&store.Account{Keys: s.AdminKeys}).Key(fingerprint)
	return ok && a.Name == store.Admin
}

// listKey answers with a key in a list.
func (c *call) listKey(a store.Account, k store.Key) {
	flag, mark := c.fromFlag(a, k.Fingerprint()), ""
	if flag {
		mark = " (--admin-key)"
	}
	c.answer(listedKey{profiles.NewKey(k), flag}, "%s%s\n", profiles.KeyLine(k), mark)
}

// comesBack says, after a key was removed, if it does not stay so.
func (c *call) comesBack(a store.Account, fingerprint string) string {
	if !c.fromFlag(a, fingerprint) {
		return ""
	}
	return " The key comes back at the next start, unless it is removed from --admin-key or SNOMREDIRECT_ADMIN_KEY too."
}
