package shell

import (
	"fmt"

	"snomredirect/sshconsole/profiles"
)

// A whoamiObject is the caller for programs.
type whoamiObject struct {
	profiles.Object
	From string `json:"from"`
	By   string `json:"by"` // a key's fingerprint, or "password"
}

func whoami(c *call) error {
	object, used, err := c.accountUsage(c.by)
	if err != nil {
		return err
	}
	keys, err := c.Registry.APIKeys(c.by.ID)
	if err != nil {
		return err
	}
	if c.json {
		n := len(keys)
		object.APIKeys = &n
		c.object(whoamiObject{object, c.RemoteAddr, c.Credential})
		return nil
	}
	profiles.Write(c.out, c.by, used, len(keys))
	fmt.Fprintf(c.out, "%-15s from %s by %s\n", "Logged in:", c.RemoteAddr, c.Credential)
	return nil
}
