package shell

import (
	"errors"
	"fmt"
	"io"

	"snomredirect/sshconsole/extent"
	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/phonelist"
	"snomredirect/sshconsole/progress"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

func registerList(c *call) error {
	url, err := c.url(c.args[0])
	if err != nil {
		return err
	}
	owner, err := c.forAccount()
	if err != nil {
		return err
	}
	return c.upload(store.RuleRegister, owner, url)
}

func deregisterList(c *call) error {
	return c.upload(store.RuleDeregister, store.Account{}, store.URL{})
}

// An upload changes the phones listed on standard input, chunk by chunk.
type upload struct {
	*call
	rule   store.Rule
	owner  store.Account // the new owner, for the rules that have one
	url    store.URL     // for phones listed without one
	atomic bool

	list     phonelist.Reader
	line     int            // the number of the last line read
	chunk    []listedChange // read, and not changed yet
	room     int            // how many lines the chunk can have
	large    bool           // the chunk is the large one of all uploads
	noted    int            // bytes of the chunk's notes
	phones   int            // how many were listed so far
	bad      int            // how many lines can't be read
	unknown  int            // how many phones are not snom's
	tally    jobs.Tally
	extent   extent.Extent // of the chunks so far
	record   store.Job     // as it is stored; its ID is 0 before
	progress *progress.Progress

	lastText string // the last URL as it was listed: lists repeat them
	lastURL  store.URL
}

// upload reads the list to its end. Bad lines are reported by number and skipped;
// --atomic changes all or nothing.
func (c *call) upload(rule store.Rule, owner store.Account, url store.URL) error {
	c.spent, c.fresh = true, true
	end, err := c.beginJob()
	if err != nil {
		return err
	}
	_, atomic := c.options["atomic"]
	_, short := c.options["short"]
	u := &upload{call: c, rule: rule, owner: owner, url: url, atomic: atomic, list: phonelist.Reader{Short: short}, progress: c.progress("lines", -1)}
	defer func() { end(u.record) }()
	defer u.emptyChunk()
	if c.Width() > 0 {
		c.notify("One phone a line; Ctrl-D ends the list.")
	}
	err = u.readAll()
	u.progress.End()
	done := u.tally.Done + u.tally.Changed
	c.changed, c.noted = done > 0, []any{"lines", u.record.Lines, "phones", done}
	if owner.ID != 0 {
		c.noted = append(c.noted, "owner", owner.Name)
	}
	if err == errStopped && !c.Connected() {
		return errReported // at the next login, from the record
	}
	if err != nil && u.record.ID != 0 && !u.record.Done { // reported now
		if err := c.Registry.EndJob(u.record); err != nil {
			c.Log.Error("jobs", "error", err)
		}
	}
	switch {
	case err == errStopped:
		return refused(codeBusy, "Interrupted: %s", c.howFar(u.record))
	case err != nil && u.record.Some > 0 && !c.dryRun:
		_ = c.report(err)
		return refused(codeInternal, "The list was not completed: %s", c.howFar(u.record))
	case err != nil:
		return err
	}
	return u.summary()
}

// errStopped: the caller has interrupted the upload, or the client has gone.
var errStopped = errors.New("upload stopped")

// howFar is jobs.HowFar, for this command.
func (c *call) howFar(j store.Job) string {
	if c.dryRun {
		return "nothing was done."
	}
	return jobs.HowFar(j)
}

// readAll reads and changes until the end of the input. If it returns an error,
// what is in the chunk has not been changed.
func (u *upload) readAll() error {
	next := u.lines()
	for {
		text, err := next()
		switch {
		case u.ctx.Err() != nil, err != nil && err != io.EOF && !isProblem(err):
			return errStopped
		case err == io.EOF && !u.Connected(): // the last line may be half a line
			return errStopped
		case err == io.EOF:
			if err := u.end(); err != nil {
				return err
			}
			return u.finish()
		}
		if full, err := u.full(); err != nil {
			return err
		} else if full { // another line follows, so all of these are whole
			if err := u.change(false); err != nil {
				return err
			}
		}
		u.line++
		if err := u.add(text, err); err != nil {
			return err
		}
		if u.Width() == 0 { // otherwise the user types on that line
			u.progress.At(u.tally.N() + u.bad)
		}
	}
}

// finish changes the rest at the end of the list.
func (u *upload) finish() error {
	switch {
	case u.phones == 0 && u.bad == 0:
		return misunderstood(codeUsage, "Standard input lists no phones; nothing was done.")
	case u.atomic && u.bad > 0:
		return refused(codeUsage, "%s can't be read; nothing was done.", wording.Plural(u.bad, "line", "lines"))
	case len(u.chunk) > 0:
		return u.change(true)
	case u.record.ID == 0:
		return nil
	}
	u.record.Done = true // no line after the last chunk named a phone
	return u.Registry.EndJob(u.record)
}

type uploadObject struct {
	Registered   int  `json:"registered"`
	Deregistered int  `json:"deregistered"`
	Changed      int  `json:"changed"`
	Unchanged    int  `json:"unchanged"`
	Failed       int  `json:"failed"`
	DryRun       bool `json:"dry_run,omitempty"`
}

// summary reports the result of the list. The problem that it returns has been
// reported already, line by line.
func (u *upload) summary() error {
	t := u.tally
	t.Failed += u.bad
	object := uploadObject{Changed: t.Changed, Unchanged: t.Same, Failed: t.Failed, DryRun: u.dryRun}
	if u.rule == store.RuleRegister {
		object.Registered = t.Done
	} else {
		object.Deregistered = t.Done
	}
	u.remarkRest()
	head := ""
	if u.dryRun && t.Done+t.Changed == 0 {
		head = "nothing would change. "
	}
	u.answer(object, "%s%s: %s.%s\n", head, wording.Plural(t.N(), "line", "lines"), t.Text(u.rule, u.did), u.kept())
	u.remarkQuota(u.rule, u.owner)
	return failed(t)
}

// kept words how many phones keep their own URLs because the list has no column for
// them, or returns "".
func (u *upload) kept() string {
	if !u.list.NoURLs() || !u.url.IsZero() || u.rule != store.RuleRegister || u.tally.Kept == 0 {
		return ""
	}
	return fmt.Sprintf(" Own setting servers as before: %d; an empty column url lets phones follow the account.", u.tally.Kept)
}
