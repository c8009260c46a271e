package contacts

import (
	"context"
	"maps"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// run writes every few seconds until ctx ends, and then once more.
func (b *Recorder) run(ctx context.Context) {
	defer close(b.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.report(b.flush())
		case <-ctx.Done():
			if err := b.flush(); err != nil {
				b.config.Log.Error("contacts are lost", "phones", b.lost(), "error", err)
			}
			return
		}
	}
}

// report tells of a keeper that begins to fail, and of one that works again.
func (b *Recorder) report(err error) {
	switch failed := err != nil; {
	case failed && !b.failing:
		b.config.Log.Error("contacts are not kept: trying again", "every", flushEvery, "error", err)
	case !failed && b.failing:
		b.config.Log.Info("contacts are kept again")
	}
	b.failing = err != nil
}

// flush writes what an earlier one has left, and what was heard up to now.
func (b *Recorder) flush() error {
	begun := time.Now()
	phones, err := b.write()
	if err == nil {
		b.mu.Lock()
		b.writing, b.unsaved = b.unsaved, make(map[macaddr.Addr]store.Contact)
		b.left = len(b.writing)
		b.mu.Unlock()
		b.rest = slices.SortedFunc(maps.Keys(b.writing), macaddr.Addr.Compare)
		var more int
		more, err = b.write()
		phones += more
	}
	if b.config.Flushed != nil && (phones > 0 || err != nil) {
		b.config.Flushed(time.Since(begun), phones, err)
	}
	return err
}

// write writes the rest, and returns how many phones' contacts that were. It
// reads what is being written without the lock: only this goroutine puts another
// map there, and nobody changes one.
func (b *Recorder) write() (written int, err error) {
	batch := make([]store.Contact, 0, min(len(b.rest), maxBatch))
	for len(b.rest) > 0 {
		n := min(len(b.rest), maxBatch)
		batch = batch[:0]
		for _, mac := range b.rest[:n] {
			batch = append(batch, b.writing[mac])
		}
		if err := b.config.Store.PutContacts(batch); err != nil {
			return written, err
		}
		b.rest = b.rest[n:]
		written += n
		b.mu.Lock()
		b.left -= n
		b.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rest, b.writing = nil, nil
	return written, nil
}

// lost counts the phones of which something is not yet written, each once.
func (b *Recorder) lost() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.unsaved)
	for _, mac := range b.rest {
		if _, again := b.unsaved[mac]; !again {
			n++
		}
	}
	return n
}
