package shell

import (
	"context"
	"errors"
	"strings"

	"snomredirect/sshconsole/jobs"
	"snomredirect/store"
)

// changeAll applies a batch, in as many transactions as it takes, to those phones
// of an account that pick picks, and then calls finish. expected is about how many
// these are, or -1 if that is unknown. changeAll returns how many were changed.
// Its error says how far it came; if the client has gone, the next login reports it.
func (c *call) changeAll(of store.AccountID, expected int, batch store.Batch, pick func(store.Phone) (store.Change, bool), finish func() error) (done int, err error) {
	end, err := c.beginJob()
	if err != nil {
		return 0, err
	}
	var record store.Job
	defer func() { end(record) }()
	if !c.dryRun {
		record = store.Job{Account: c.by.ID, Command: strings.TrimSpace(batch.Audit.Command + " " + batch.Audit.Detail), RemoteAddr: c.RemoteAddr, Begun: c.begun, Phones: true}
		if record, err = c.jobs.Record(c.Registry, record); err != nil {
			return 0, explain(err, string(c.by.Name))
		}
		batch.Job = &record
	}
	batch.DryRun = c.dryRun
	progress := c.progress("phones", expected)
	change := func() error {
		record.Lines += len(batch.Changes)
		results, err := c.Registry.Change(batch)
		if err != nil {
			record.Lines -= len(batch.Changes)
			return err
		}
		for _, out := range results {
			if out.Err == nil && out.Prev != out.Next {
				done++
			}
		}
		batch.Changes = batch.Changes[:0]
		c.changed = c.changed || done > 0
		progress.At(done)
		return nil
	}
	err = func() error {
		for p, err := range c.phonesOf(of) {
			if err != nil {
				return err
			}
			if one, ok := pick(p); ok {
				batch.Changes = append(batch.Changes, one)
			}
			if len(batch.Changes) == batchSize {
				if err := change(); err != nil {
					return err
				}
			}
		}
		if len(batch.Changes) > 0 {
			if err := change(); err != nil {
				return err
			}
		}
		return finish()
	}()
	progress.End()
	interrupted := errors.Is(err, context.Canceled)
	if interrupted && !c.Connected() {
		return done, errReported // at the next login, from the record
	}
	if !c.dryRun {
		if err := c.Registry.EndJob(record); err != nil {
			c.Log.Error("jobs", "error", err)
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
	return done, refused(codeInternal, "It was not completed: %s", jobs.HowFar(record))
}

// capital returns words with a capital letter first.
func capital(words string) string { return strings.ToUpper(words[:1]) + words[1:] }
