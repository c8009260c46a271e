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
func (b *Book) run(ctx context.Context) {
	defer close(b.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			b.report(b.flush())
		case <-ctx.Done():
			if err := b.flush(); err != nil {
				b.log.Error("contacts are lost", "phones", b.waiting(), "error", err)
			}
			return
		}
	}
}

// report tells of a keeper that begins to fail, and of one that works again.
func (b *Book) report(err error) {
	switch failed := err != nil; {
	case failed && !b.failing:
		b.log.Error("contacts are not kept: trying again", "every", flushEvery, "error", err)
	case !failed && b.failing:
		b.log.Info("contacts are kept again")
	}
	b.failing = err != nil
}

// flush writes what an earlier one has left, and what was heard up to now.
func (b *Book) flush() error {
	if err := b.write(); err != nil {
		return err
	}
	b.mu.Lock()
	b.writing, b.unsaved = b.unsaved, make(map[macaddr.Addr]store.Contact)
	b.mu.Unlock()
	b.rest = slices.SortedFunc(maps.Keys(b.writing), macaddr.Addr.Compare)
	return b.write()
}

// write writes the rest. It reads what is being written without the lock: only
// this goroutine puts another map there, and nobody changes one.
func (b *Book) write() error {
	batch := make([]store.Contact, 0, min(len(b.rest), maxBatch))
	for len(b.rest) > 0 {
		n := min(len(b.rest), maxBatch)
		batch = batch[:0]
		for _, mac := range b.rest[:n] {
			batch = append(batch, b.writing[mac])
		}
		if err := b.keeper.PutContacts(batch); err != nil {
			return err
		}
		b.rest = b.rest[n:]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rest, b.writing = nil, nil
	return nil
}

// waiting counts the phones of which something is not yet written.
func (b *Book) waiting() int {
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
