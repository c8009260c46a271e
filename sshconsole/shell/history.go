package shell

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/entries"
	"snomredirect/sshconsole/usage"
	"snomredirect/store"
)

const (
	historyPage   = 100   // about how many entries are read at once
	historyScreen = 20    // how many lines a terminal shows unless it is asked for more
	maxHistory    = 1_000 // with --limit
)

// showHistory shows the changes of the caller's account and phones; an operator sees
// those of all accounts. At a terminal the newest is the last, above the prompt, and
// without --limit there are historyScreen. Otherwise all are shown, newest first.
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
	if text, given := c.options["limit"]; given {
		if w.Limit, err = usage.ParseNumber(text, maxHistory); err != nil {
			return misunderstood(codeUsage, "%q: %v.", text, err)
		}
	}
	if c.Width() == 0 || c.json {
		return c.history(&w, id, mac)
	}
	var text bytes.Buffer
	w.Out = bufio.NewWriter(&text)
	if w.Limit == 0 {
		w.Limit = historyScreen
	}
	err = c.history(&w, id, mac)
	_ = w.Out.Flush()
	lines := slices.Collect(bytes.Lines(text.Bytes()))
	slices.Reverse(lines)
	if w.Full() && w.Limit < maxHistory {
		fmt.Fprintf(c.out, "The last %d; HISTORY --limit <n> shows up to %d.\n", w.Limit, maxHistory)
	}
	for _, line := range lines {
		_, _ = c.out.Write(line)
	}
	return err
}

// history writes the entries of an account's history, or of all for account 0, that
// name a phone, or all if mac is zero, newest first.
func (c *call) history(w *entries.Writer, id store.AccountID, mac macaddr.Addr) error {
	defer w.End()
	var mark store.Mark
	for {
		n := 0
		err := c.turn(func() error {
			page, err := c.Registry.History(id, mac, mark, historyPage)
			for _, e := range page {
				if !w.Add(e) {
					return nil
				}
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
