package contacts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// run writes every few seconds until ctx is done, and then once more.
func (r *Recorder) run(ctx context.Context) {
	defer close(r.stopped)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			err := r.flush()
			if err == nil {
				err = errPanicked
				r.config.Guard("contacts", func() { err = r.prune(time.Now()) })
			}
			r.report(err)
		case <-ctx.Done():
			if err := r.flush(); err != nil {
				r.config.Log.Error("unsaved contacts lost", "phones", r.lost(), "error", err)
			}
			return
		}
	}
}

// report logs when the Store starts to fail and when it works again.
func (r *Recorder) report(err error) {
	switch failed := err != nil; {
	case failed && !r.failing:
		r.config.Log.Error("saving contacts failed, retrying", "every", flushEvery, "error", err)
	case !failed && r.failing:
		r.config.Log.Info("saving contacts works again")
	}
	r.failing = err != nil
}

var errPanicked = errors.New("panicked: the log has its stack")

// flush is flushOnce, with a panic as an error.
func (r *Recorder) flush() error {
	err := errPanicked
	r.config.Guard("contacts", func() { err = r.flushOnce() })
	return err
}

// flushOnce writes what an earlier flush has left, and the contacts recorded since.
func (r *Recorder) flushOnce() error {
	begun := time.Now()
	phones, err := r.write()
	if err == nil {
		r.mu.Lock()
		r.writing, r.unsaved = r.unsaved, make(map[macaddr.Addr]store.Contact)
		r.unwritten = len(r.writing)
		r.mu.Unlock()
		r.rest = slices.SortedFunc(maps.Keys(r.writing), macaddr.Addr.Compare)
		var more int
		more, err = r.write()
		phones += more
	}
	if r.config.Flushed != nil && (phones > 0 || err != nil) {
		r.config.Flushed(time.Since(begun), phones, err)
	}
	return err
}

// write writes the contacts of rest, and returns for how many phones it did. It
// reads writing without the lock: only this goroutine replaces that map, and no
// goroutine modifies it.
func (r *Recorder) write() (written int, err error) {
	batch := make([]store.Contact, 0, min(len(r.rest), maxBatch))
	for len(r.rest) > 0 {
		n := min(len(r.rest), maxBatch)
		batch = batch[:0]
		for _, mac := range r.rest[:n] {
			batch = append(batch, r.writing[mac])
		}
		if err := r.config.Store.PutContacts(batch); err != nil {
			return written, err
		}
		r.config.Stored(r.rest[:n])
		r.rest = r.rest[n:]
		written += n
		r.mu.Lock()
		r.unwritten -= n
		r.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest, r.writing = nil, nil
	return written, nil
}

// lost returns the number of phones with an unwritten contact, each counted once.
func (r *Recorder) lost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.unsaved)
	for _, mac := range r.rest {
		if _, again := r.unsaved[mac]; !again {
			n++
		}
	}
	return n
}
