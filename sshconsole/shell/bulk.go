package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"snomredirect/store"
)

// changeAll carries out a batch on those phones of an account that pick picks,
// order by order, and finish at the end of them. It returns how many were
// changed; about expected are, -1 where that is not known. An error has the words
// for how far it came; where the caller has gone, the next login is told.
func (c *call) changeAll(of store.AccountID, expected int, o store.Batch, pick func(store.Phone) (store.Change, bool), finish func() error) (done int, err error) {
	end, err := c.jobs.begin(c.by.ID)
	if err != nil {
		return 0, err
	}
	var record store.Job
	defer func() { end(record) }()
	if !c.dryRun {
		record = store.Job{Account: c.by.ID, Command: strings.TrimSpace(o.Audit.Command + " " + o.Audit.Detail), RemoteAddr: c.RemoteAddr, Begun: c.begun, Phones: true}
		if record, err = c.jobs.record(c.Registry, record); err != nil {
			return 0, err
		}
		o.Job = &record
	}
	o.DryRun = c.dryRun
	progress := newProgress(c.session, "phones", expected)
	change := func() error {
		record.Lines += len(o.Changes)
		results, err := c.Registry.Change(o)
		if err != nil {
			record.Lines -= len(o.Changes)
			return err
		}
		for _, out := range results {
			if out.Err == nil && out.Prev != out.Next {
				done++
			}
		}
		o.Changes = o.Changes[:0]
		c.changed = c.changed || done > 0
		progress.at(done)
		return nil
	}
	err = func() error {
		for p, err := range c.phonesOf(of) {
			if err != nil {
				return err
			}
			if one, ok := pick(p); ok {
				o.Changes = append(o.Changes, one)
			}
			if len(o.Changes) == batchSize {
				if err := change(); err != nil {
					return err
				}
			}
		}
		if len(o.Changes) > 0 {
			if err := change(); err != nil {
				return err
			}
		}
		return finish()
	}()
	progress.end()
	interrupted := errors.Is(err, context.Canceled)
	if interrupted && !c.Connected() {
		return done, errReported // at the next login, from the record
	}
	if !c.dryRun {
		if err := c.Registry.EndJob(record); err != nil {
			c.Log.Error("uploads", "error", err)
		}
	}
	switch {
	case err == nil:
		return done, nil
	case interrupted:
		return done, refused(codeBusy, "Interrupted: %s", c.howFar(record))
	case c.dryRun:
		return done, err
	}
	_ = c.report(err)
	return done, refused(codeInternal, "It was not done to its end: %s", howFar(record))
}

// capital begins a sentence.
func capital(words string) string { return strings.ToUpper(words[:1]) + words[1:] }

// confirm tells what is about to happen and, at a terminal, asks. Elsewhere only
// --yes goes on.
func (c *call) confirm(what string) error {
	if _, yes := c.options["yes"]; yes {
		if !c.json {
			fmt.Fprintln(c.out, what)
		}
		return c.out.Flush()
	}
	if c.Width() == 0 || c.json {
		return misunderstood(codeUsage, "%s Nothing was done: say --yes to go on.", what)
	}
	fmt.Fprintln(c.out, what)
	if err := c.out.Flush(); err != nil {
		return err
	}
	answer, err := c.readLine("Go on? (y/n) ")
	if word := strings.ToLower(strings.TrimSpace(answer)); err == nil && (word == "y" || word == "yes") {
		return nil
	}
	return refused(codeBusy, "Nothing was done.")
}
