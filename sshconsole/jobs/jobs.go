// Package jobs keeps account of work on many phones that is running, and finds what
// was interrupted.
package jobs

import (
	"errors"
	"slices"
	"sync"

	"snomredirect/store"
)

// Max is how many jobs an account can run at the same time: each has a chunk of
// phones in memory.
const Max = 4

// ErrTooMany is returned for a job beyond Max.
var ErrTooMany = errors.New("jobs: too many of this account")

// A Store stores jobs, so that interrupted ones can be reported.
type Store interface {
	// Jobs returns an account's jobs that have begun and not ended.
	Jobs(store.AccountID) ([]store.Job, error)
	BeginJob(store.Job) (store.Job, error)
}

// Running are the jobs that run in the whole service: the store's records don't tell
// them from interrupted ones. Its methods may be called concurrently. The zero value
// has none.
type Running struct {
	// Large is held by the job, if any, that has more phones in memory than the others.
	Large sync.Mutex

	mu       sync.Mutex
	running  map[store.AccountID]int // how many jobs an account runs
	starting map[store.AccountID]int // how many of these are about to get a record
	live     map[uint64]bool         // the IDs of running jobs' records
}

// Begin counts a job, or returns ErrTooMany. The caller calls end with the job's
// record, which is the zero Job if it got none.
func (r *Running) Begin(account store.AccountID) (end func(store.Job), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		r.running, r.starting, r.live = map[store.AccountID]int{}, map[store.AccountID]int{}, map[uint64]bool{}
	}
	if r.running[account] >= Max {
		return nil, ErrTooMany
	}
	r.running[account]++
	return func(record store.Job) {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.live, record.ID)
		drop(r.running, account)
	}, nil
}

// drop decrements a count.
func drop(counts map[store.AccountID]int, account store.AccountID) {
	if counts[account]--; counts[account] == 0 {
		delete(counts, account)
	}
}

// Record stores a job and returns it with its ID.
func (r *Running) Record(s Store, j store.Job) (store.Job, error) {
	r.mu.Lock()
	r.starting[j.Account]++
	r.mu.Unlock()
	j, err := s.BeginJob(j)
	r.mu.Lock()
	defer r.mu.Unlock()
	drop(r.starting, j.Account)
	if err == nil {
		r.live[j.ID] = true
	}
	return j, err
}

// Interrupted returns the records of an account's jobs that neither run nor have
// ended.
func (r *Running) Interrupted(s Store, account store.AccountID) ([]store.Job, error) {
	found, err := s.Jobs(account)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r.mu.Lock()
	found = slices.DeleteFunc(found, func(j store.Job) bool { return r.live[j.ID] || r.starting[account] > 0 })
	r.mu.Unlock()
	if len(found) == 0 {
		return nil, nil
	}
	// A job that has just ended is not live either, but it has no record any more.
	still, err := s.Jobs(account)
	return slices.DeleteFunc(found, func(j store.Job) bool {
		return !slices.ContainsFunc(still, func(other store.Job) bool { return other.ID == j.ID })
	}), err
}
