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
	if c.json {
		c.object(whoamiObject{object, c.RemoteAddr, c.Credential})
		return nil
	}
	profiles.Write(c.out, c.by, used)
	fmt.Fprintf(c.out, "%-15s from %s by %s\n", "Logged in:", c.RemoteAddr, c.Credential)
	return nil
}
