// Package census counts the registered phones that never made a request, for each
// account: an account with many of them may have registered phones that are not its
// own.
//
// Each phone is looked up twice, so a large store is counted slowly and in the
// background.
package census

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

const (
	first    = 10 * time.Minute // after a start, phones have other needs
	every    = 6 * time.Hour    // between counts in the background
	pageSize = 500
	// maxAtOnce is how many phones are counted on request: that takes some 0.1 s.
	maxAtOnce = 50_000
)

// A Config is what a [Census] reads. All fields must be set.
type Config struct {
	// Phones returns up to n phones of all accounts, for owner 0, in the order of
	// their MACs, starting after a MAC.
	Phones func(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error)
	// CountPhones returns the number of registered phones.
	CountPhones func() (int, error)
	// Contact returns a phone's last contact, or store.ErrNotFound.
	Contact func(macaddr.Addr) (store.Contact, error)
	// Guard runs f, logs its panic if there is one, and reports whether f returned.
	Guard func(where string, f func()) (ok bool)
	Log   *slog.Logger
}

// Counts are an account's registered phones, those of them that never made a request,
// and those that have been registered for 90 days without one.
type Counts struct{ Phones, NeverCalled, LongSilent int }

const longSilent = 90 * 24 * time.Hour

// A Result is a census at a time. The zero Result is none.
type Result struct {
	At       time.Time
	Accounts map[store.AccountID]Counts // those with phones
}

// A Census counts in the background until it is closed. Its methods are safe for
// concurrent use.
type Census struct {
	config  Config
	stop    context.CancelFunc
	stopped chan struct{}

	mu     sync.Mutex
	latest Result
}

// New returns a Census that counts some minutes later, and then every few hours.
func New(c Config) *Census {
	ctx, stop := context.WithCancel(context.Background())
	s := &Census{config: c, stop: stop, stopped: make(chan struct{})}
	go s.run(ctx)
	return s
}

// Close ends the counting.
func (s *Census) Close() {
	s.stop()
	<-s.stopped
}

func (s *Census) run(ctx context.Context) {
	defer close(s.stopped)
	due := time.NewTimer(first)
	defer due.Stop()
	for {
		select {
		case <-due.C:
			due.Reset(every)
		case <-ctx.Done():
			return
		}
		s.config.Guard("census", func() {
			// It takes twice as long as it must, and leaves the other half to phones.
			_, err := s.count(ctx, func(took time.Duration) { sleep(ctx, took) })
			if err != nil && ctx.Err() == nil {
				s.config.Log.Error("counting phones failed", "error", err)
			}
		})
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// Count returns a census of now or, if there are many phones, the latest one, which
// may be none.
func (s *Census) Count(ctx context.Context) (Result, error) {
	n, err := s.config.CountPhones()
	if err != nil {
		return Result{}, err
	}
	if n <= maxAtOnce {
		return s.count(ctx, func(time.Duration) {})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, nil
}

// count counts all phones. It calls pause after each page with the time that it took.
func (s *Census) count(ctx context.Context, pause func(took time.Duration)) (Result, error) {
	r := Result{At: time.Now(), Accounts: map[store.AccountID]Counts{}}
	var last store.Phone
	for {
		begun := time.Now()
		page, err := s.config.Phones(0, last.MAC, pageSize)
		if err != nil {
			return Result{}, err
		}
		for _, last = range page {
			if err := s.add(r, last); err != nil {
				return Result{}, err
			}
		}
		if len(page) < pageSize {
			break
		}
		pause(time.Since(begun))
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = r
	return r, nil
}

// add adds a phone to the counts of its account.
func (s *Census) add(r Result, p store.Phone) error {
	n := r.Accounts[p.Owner]
	n.Phones++
	switch _, err := s.config.Contact(p.MAC); {
	case errors.Is(err, store.ErrNotFound):
		n.NeverCalled++
		if r.At.Sub(p.Registered) >= longSilent {
			n.LongSilent++
		}
	case err != nil:
		return err
	}
	r.Accounts[p.Owner] = n
	return nil
}
