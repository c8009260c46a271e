package passwords

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"snomredirect/store"
)

// A KnownStore stores known hosts and last logins across restarts.
type KnownStore interface {
	// KnownHosts returns the known hosts that were put last, in any order.
	KnownHosts() ([]store.KnownHost, error)
	// PutKnownHosts replaces the stored known hosts, all or none.
	PutKnownHosts([]store.KnownHost) error
	// Logins returns the last logins that were put last, in any order.
	Logins() ([]store.Login, error)
	// PutLogins replaces the stored last logins, all or none.
	PutLogins([]store.Login) error
}

// saveEvery is the interval between writes, and so the most that a crash loses.
const saveEvery = time.Minute

var errPanicked = errors.New("passwords: saving panicked")

// Keep loads the known hosts and last logins from s, and saves them in the background
// until stop is called, which saves them once more. It drops the logins of accounts that
// were removed before. They are not worth refusing service for: failures are only logged.
// guard runs a function, logs its panic if there is one,
// and reports whether it returned.
func (c *Checker) Keep(s KnownStore, log *slog.Logger, guard func(where string, f func()) (ok bool)) (stop func()) {
	stored, err := s.KnownHosts()
	if err != nil {
		log.Error("reading known hosts failed", "error", err)
	}
	slices.SortFunc(stored, func(a, b store.KnownHost) int { return a.At.Compare(b.At) })
	c.known.load(stored)
	last, err := s.Logins()
	if err != nil {
		log.Error("reading last logins failed", "error", err)
	}
	c.last.load(last)
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
		guard("known hosts", func() { c.last.dropGone(c.accounts) })
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

// save saves the known hosts and the last logins if they have changed.
func (c *Checker) save(s KnownStore) error {
	return errors.Join(
		put(c.known.snapshot, s.PutKnownHosts, c.known.unsaved),
		put(c.last.snapshot, s.PutLogins, c.last.unsaved))
}

// put saves a snapshot, if there is one. If that fails or panics, it is unsaved.
func put[T any](snapshot func() ([]T, bool), save func([]T) error, unsaved func()) error {
	all, ok := snapshot()
	if !ok {
		return nil
	}
	saved := false
	defer func() {
		if !saved {
			unsaved()
		}
	}()
	err := save(all)
	saved = err == nil
	return err
}
