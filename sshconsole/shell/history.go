package shell

import (
	"snomredirect/macaddr"
	"snomredirect/sshconsole/entries"
	"snomredirect/store"
)

// historyPage is about how many entries are read at once.
const historyPage = 100

// showHistory shows the changes of the caller's account and phones, newest first;
// an operator sees those of all accounts.
func showHistory(c *call) error {
	id, err := c.scope()
	if err != nil {
		return err
	}
	var mac macaddr.Addr
	if c.args[0] != "" {
		if mac, err = c.mac(c.args[0]); err != nil {
			return err
		}
	}
	w := entries.Writer{Out: c.out, JSON: c.json, By: c.by}
	defer w.End()
	var mark store.Mark
	for {
		n := 0
		err := c.turn(func() error {
			page, err := c.Registry.History(id, mac, mark, historyPage)
			for _, e := range page {
				w.Add(e)
				mark = e.Mark
			}
			n = len(page)
			return err
		})
		if err != nil {
			return err
		}
		if err := c.ctx.Err(); err != nil || n == 0 {
			return err
		}
	}
}
