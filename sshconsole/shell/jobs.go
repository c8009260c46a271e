package shell

import (
	"fmt"
	"slices"
	"sync"

	"snomredirect/store"
)

// maxJobs bounds the jobs of one account at the same time: each has a chunk of
// phones in memory.
const maxJobs = 4

// jobs are the running jobs of the whole service: the store's records don't tell
// them from interrupted ones. Its methods may be called concurrently. The zero
// value works.
type jobs struct {
	mu       sync.Mutex
	running  map[store.AccountID]int // how many jobs an account runs
	starting map[store.AccountID]int // how many of these are about to get a record
	live     map[uint64]bool         // the IDs of running jobs' records
}

// begin counts a job, or refuses it if the account runs maxJobs. The caller calls end with the job's
// record, which is the zero Job if it got none.
func (js *jobs) begin(account store.AccountID) (end func(store.Job), err error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.running == nil {
		js.running, js.starting, js.live = map[store.AccountID]int{}, map[store.AccountID]int{}, map[uint64]bool{}
	}
	if js.running[account] >= maxJobs {
		return nil, refused(codeBusy, "Your account is already running %d changes of many phones: wait for one to end.", maxJobs)
	}
	js.running[account]++
	return func(record store.Job) {
		js.mu.Lock()
		defer js.mu.Unlock()
		delete(js.live, record.ID)
		drop(js.running, account)
	}, nil
}

// drop decrements a count.
func drop(counts map[store.AccountID]int, account store.AccountID) {
	if counts[account]--; counts[account] == 0 {
		delete(counts, account)
	}
}

// record stores a job and returns it with its ID.
func (js *jobs) record(records Records, j store.Job) (store.Job, error) {
	js.mu.Lock()
	js.starting[j.Account]++
	js.mu.Unlock()
	j, err := records.BeginJob(j)
	js.mu.Lock()
	defer js.mu.Unlock()
	drop(js.starting, j.Account)
	if err == nil {
		js.live[j.ID] = true
	}
	return j, err
}

// interrupted returns the records of an account's jobs that neither run nor have
// ended.
func (js *jobs) interrupted(records Records, account store.AccountID) ([]store.Job, error) {
	found, err := records.Jobs(account)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	js.mu.Lock()
	found = slices.DeleteFunc(found, func(j store.Job) bool { return js.live[j.ID] || js.starting[account] > 0 })
	js.mu.Unlock()
	if len(found) == 0 {
		return nil, nil
	}
	// A job that has just ended is not live either, but it has no record any more.
	still, err := records.Jobs(account)
	return slices.DeleteFunc(found, func(j store.Job) bool {
		return !slices.ContainsFunc(still, func(s store.Job) bool { return s.ID == j.ID })
	}), err
}

// reportInterrupted tells a caller who has just logged in how far interrupted jobs
// came, if the session that ran them could not report it.
func (s *session) reportInterrupted(account store.Account) {
	all, err := s.jobs.interrupted(s.Registry, account.ID)
	for _, j := range all {
		s.notify(fmt.Sprintf("%s of %s from %s was interrupted: %s", j.Command, timestamp(j.Begun), j.RemoteAddr, howFar(j)))
		if err = s.Registry.EndJob(j); err != nil {
			break
		}
	}
	if err != nil {
		s.Log.Error("jobs", "error", err)
	}
}
