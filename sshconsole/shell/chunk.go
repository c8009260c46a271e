package shell

import (
	"cmp"
	"slices"

	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A list is read and sorted in chunks, and a chunk is changed in batches: a
// transaction of neighbouring MACs touches few pages of the store, and so needs
// little memory. How many of its phones share a page depends on how many the store has:
// see [upload.full].
const (
	chunkSize    = 50_000    // lines
	largestChunk = 1_000_000 // lines; 70 bytes each
	chunkNotes   = 16 << 20  // bytes of notes
	chunksToFill = 10        // of a large store
	batchSize    = 10_000    // phones
)

// A listedChange is what a line of the list wants, and why it was refused.
type listedChange struct {
	store.Change
	line   int
	failed *problem
	done   bool // it changed the phone
}

// full reports whether the chunk must be changed before another line is read. If the
// store has many times as many phones, few of a small chunk would share a page, and so
// each phone would cost the writing of pages. Then a chunk is a part of the store's size:
// of one upload at a time, so that all of them together need little memory.
func (u *upload) full() (bool, error) {
	if u.atomic || len(u.chunk) < max(chunkSize, u.room) && u.noted < chunkNotes {
		return false, nil
	}
	if u.room == 0 && u.noted < chunkNotes && !u.dryRun {
		all, err := u.Registry.Usage(0)
		if err != nil {
			return false, err
		}
		if part := min(all.Phones/chunksToFill, largestChunk); part > chunkSize && u.jobs.Large.TryLock() {
			u.room, u.large = part, true
			return false, nil
		}
	}
	return true, nil
}

// emptyChunk empties the chunk, and lets another upload have the large one.
func (u *upload) emptyChunk() {
	if u.chunk, u.room, u.noted = u.chunk[:0], 0, 0; u.large {
		u.chunk, u.large = nil, false
		u.jobs.Large.Unlock()
	}
}

// change changes the chunk in the order of its MACs. The store records with each
// batch how far the job has come; the last batch of the last chunk ends it.
func (u *upload) change(last bool) error {
	record := u.record
	record.Some = u.chunk[len(u.chunk)-1].line
	slices.SortFunc(u.chunk, func(a, b listedChange) int { // for one phone, the last line counts
		return cmp.Or(a.MAC.Compare(b.MAC), cmp.Compare(a.line, b.line))
	})
	if err := u.confirm(last); err != nil {
		return err
	}
	var err error
	rest := u.chunk
	for err == nil && len(rest) > 0 {
		n := min(batchSize, len(rest))
		for n < len(rest) && (u.atomic || rest[n].MAC == rest[n-1].MAC) {
			n++
		}
		part := rest[:n]
		if rest = rest[n:]; len(rest) == 0 {
			record.Lines, record.Done = record.Some, last
		}
		record.Failed = u.bad + u.tally.Failed // the store adds those of the batch
		err = u.changeBatch(part, record)
		u.progress.At(u.tally.N() + u.bad)
	}
	failed := u.inOrder(func(c *listedChange) bool { return c.failed != nil })
	for _, c := range failed {
		u.complain(c.failed, c.line)
	}
	if err == nil && len(failed) > 0 && u.atomic {
		u.record.Lines, u.record.Some, u.tally = 0, 0, jobs.Tally{}
		err = refused(codeForbidden, "%s refused; nothing was done.", wording.Plural(len(failed), "line was", "lines were"))
	}
	if err == nil {
		u.remark()
	}
	u.emptyChunk()
	return err
}

// inOrder returns those changes of the chunk that a remark is about, in the order of their
// lines. Few are: to sort all of them again would take longer.
func (u *upload) inOrder(about func(*listedChange) bool) (some []*listedChange) {
	for i := range u.chunk {
		if c := &u.chunk[i]; about(c) {
			some = append(some, c)
		}
	}
	slices.SortFunc(some, func(a, b *listedChange) int { return cmp.Compare(a.line, b.line) })
	return some
}

// confirm asks about a chunk that, with those before it, changes many registered phones.
// While there is more of the list to read nobody can be asked.
func (u *upload) confirm(last bool) error {
	if _, yes := u.options["yes"]; u.dryRun || yes {
		return nil
	}
	e, err := u.extentOf(u.batch(), u.owner, func(yield func(store.Change) bool) {
		for _, c := range u.chunk {
			if !yield(c.Change) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	e.Phones, e.Follow = e.Phones+u.extent.Phones, e.Follow+u.extent.Follow
	what := e.Words(willBe[u.rule])
	u.extent = e
	switch {
	case !e.IsBig(u.asks()):
		return nil
	case u.record.Some > 0: // of the chunks before
		return refused(codeForbidden, "%s Add --yes to go on.", what)
	case !last && u.asks():
		return refused(codeForbidden, "More than %s Nothing was done: add --yes to continue.", what)
	}
	return u.confirmBig(e, what)
}

// batch returns a batch without changes.
func (u *upload) batch() store.Batch {
	_, noHold := u.options["free"]
	return store.Batch{Audit: u.undoable(u.url.String()), Rule: u.rule, Owner: u.owner.ID, NoHold: noHold, Atomic: u.atomic, DryRun: u.dryRun}
}

// changeBatch changes a part of the chunk in one transaction, and notes why changes
// were refused.
func (u *upload) changeBatch(part []listedChange, record store.Job) error {
	batch := u.batch()
	for _, c := range part {
		batch.Changes = append(batch.Changes, c.Change)
	}
	if !u.dryRun {
		batch.Job = &record
	}
	results, err := u.Registry.Change(batch)
	if err != nil {
		return explain(err, string(u.owner.Name))
	}
	u.record = record
	for i, out := range results {
		u.tally.Add(out)
		if part[i].done = out.Err == nil && out.Prev != out.Next; out.Err == nil {
			continue
		}
		if part[i].failed, err = u.whyNot(u.rule, part[i].MAC, out); err != nil {
			return err
		}
	}
	u.record.Failed = u.bad + u.tally.Failed
	return nil
}
