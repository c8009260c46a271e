package shell

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"snomredirect/sshconsole/lineedit"
	"snomredirect/sshconsole/pager"
	"snomredirect/sshconsole/progress"
	"snomredirect/sshconsole/usage"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A call is one command as it runs.
type call struct {
	*session
	invocation
	ctx       context.Context
	by        store.Account // the caller's, as it was when the command began
	begun     time.Time
	dryRun    bool
	owners    map[store.AccountID]store.Account // those that were looked up
	out       *bufio.Writer
	page      *lineedit.HeldWriter // below out
	noted     []any                // what the log records of a change besides the words
	changed   bool                 // something was changed, though the command may have failed
	keepsURLs bool                 // REGISTER without a URL: phones keep their own
	warning   string               // what the caller should know if the command is done, or ""
}

// call runs a command and logs what it changed.
func (s *session) call(ctx context.Context, by store.Account, i invocation, words []string) error {
	_, dryRun := i.options[usage.DryRun]
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	page := &lineedit.HeldWriter{Writer: s.Out}
	var pages *pager.Pager
	if i.cmd.paged() && s.Width() > 0 {
		pages = pager.New(ctx, pager.Screen{Out: s.Out, Width: s.Width, Height: s.Height, TakeKeys: s.TakeKeys, TypedAhead: s.TypedAhead, Stopping: s.Stopping}, cancel)
		page.Writer = pages
	}
	c := &call{session: s, invocation: i, ctx: ctx, by: by, begun: time.Now(), dryRun: dryRun,
		owners: map[store.AccountID]store.Account{}, out: bufio.NewWriter(page), page: page}
	s.Doing(c.cmd.words())
	defer s.Doing("")
	if at := s.Stale(); !at.IsZero() && c.cmd.looks() {
		c.notify("This part of the service is cut off from the others: what it shows is as of " + wording.Timestamp(at) + ".")
	}
	err := c.cmd.run(c)
	// What was written before a problem is shown before it. A client that reads no
	// further is not a problem.
	_ = c.out.Flush()
	if pages != nil {
		pages.Close()
		if pages.Ended() && errors.Is(err, context.Canceled) {
			err = nil
		}
	}
	if c.warning != "" && (err == nil || c.changed) {
		c.notify(c.warning)
	}
	if c.cmd.changes != nothing && !dryRun && (err == nil || c.changed) {
		s.Log.Info("changed", append([]any{"command", strings.Join(words, " ")}, c.noted...)...)
		if c.cmd.changes == accounts {
			s.accountsChanged = true
			s.AccountsChanged()
		}
	}
	return err
}

// audit returns what the history records of this command.
func (c *call) audit(detail string) store.Audit {
	return store.Audit{Actor: c.by.ID, Name: c.by.Name, RemoteAddr: c.RemoteAddr, Credential: c.Credential, Begun: c.begun, Command: c.cmd.words(), Detail: detail}
}

// undoable returns the audit of a command that UNDO can undo.
func (c *call) undoable(detail string) store.Audit {
	a := c.audit(detail)
	a.Undoable = true
	return a
}

// progress begins to report work on total things to standard error.
func (c *call) progress(things string, total int) *progress.Progress {
	form := progress.Lines
	switch {
	case c.json:
		form = progress.JSON
	case c.Width() > 0:
		form = progress.Bar
	}
	return progress.New(c.Err, form, things, total)
}

// standardInput reads lines to the end, at a prompt until Ctrl-D.
func (c *call) standardInput() (string, error) {
	const most = 64 << 10
	c.spent, c.fresh = true, true
	var text strings.Builder
	for {
		line, err := c.readLine("")
		switch {
		case err == io.EOF && !c.Connected(): // perhaps in the middle of a line
			return "", errReported
		case err == io.EOF:
			return text.String(), nil
		case err == lineedit.ErrInterrupted, c.ctx.Err() != nil:
			return "", refused(codeBusy, "Interrupted; nothing was done.")
		case err != nil:
			return "", err
		case text.Len()+len(line) > most:
			return "", misunderstood(codeUsage, "Standard input is longer than %d bytes; nothing was done.", most)
		}
		text.WriteString(line + "\n")
	}
}
