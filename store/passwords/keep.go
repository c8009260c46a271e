package passwords

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"snomredirect/store"
)

// A KnownStore stores known hosts across restarts.
type KnownStore interface {
	// KnownHosts returns the known hosts that were put last, in any order.
	KnownHosts() ([]store.KnownHost, error)
	// PutKnownHosts replaces the stored known hosts, all or none.
	PutKnownHosts([]store.KnownHost) error
}

// saveEvery is the interval between writes, and so the most that a crash loses.
const saveEvery = time.Minute

var errPanicked = errors.New("passwords: saving panicked")

// Keep loads the known hosts from s, and saves them in the background until stop is
// called, which saves them once more. They are not worth refusing service for:
// failures are only logged. guard runs a function, logs its panic if there is one,
// and reports whether it returned.
func (c *Checker) Keep(s KnownStore, log *slog.Logger, guard func(where string, f func()) (ok bool)) (stop func()) {
	stored, err := s.KnownHosts()
	if err != nil {
		log.Error("reading known hosts failed", "error", err)
	}
	slices.SortFunc(stored, func(a, b store.KnownHost) int { return a.At.Compare(b.At) })
	c.known.load(stored)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	failing := false
	save := func() {
		err := errPanicked
		guard("known hosts", func() { err = c.save(s) })
		if err != nil && !failing {
			log.Error("saving known hosts failed, retrying", "every", saveEvery, "error", err)
		}
		failing = err != nil
	}
	go func() {
		defer close(stopped)
		tick := time.NewTicker(saveEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				save()
			case <-ctx.Done():
				save()
				return
			}
		}
	}()
	return func() { cancel(); <-stopped }
}

// save saves the known hosts if they have changed. If that fails, they count as
// changed.
func (c *Checker) save(s KnownStore) error {
	all, ok := c.known.snapshot()
	if !ok {
		return nil
	}
	saved := false
	defer func() {
		if !saved {
			c.known.mu.Lock()
			c.known.changed = true
			c.known.mu.Unlock()
		}
	}()
	err := s.PutKnownHosts(all)
	saved = err == nil
	return err
}
