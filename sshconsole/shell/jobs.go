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
	under    map[store.AccountID]int // how many jobs an account runs
	starting map[store.AccountID]int // how many of these are about to get a record
	live     map[uint64]bool         // the IDs of running jobs' records
}

// begin counts a job, or refuses one too many. The caller calls end with the job's
// record, which is the zero Job if it got none.
func (us *jobs) begin(account store.AccountID) (end func(store.Job), err error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.under == nil {
		us.under, us.starting, us.live = map[store.AccountID]int{}, map[store.AccountID]int{}, map[uint64]bool{}
	}
	if us.under[account] >= maxJobs {
		return nil, refused(codeBusy, "Your account is already running %d changes of many phones: wait for one to end.", maxJobs)
	}
	us.under[account]++
	return func(record store.Job) {
		us.mu.Lock()
		defer us.mu.Unlock()
		delete(us.live, record.ID)
		drop(us.under, account)
	}, nil
}

// drop decrements a count.
func drop(counts map[store.AccountID]int, account store.AccountID) {
	if counts[account]--; counts[account] == 0 {
		delete(counts, account)
	}
}

// record stores a job and returns it with its ID.
func (us *jobs) record(records Records, u store.Job) (store.Job, error) {
	us.mu.Lock()
	us.starting[u.Account]++
	us.mu.Unlock()
	u, err := records.BeginJob(u)
	us.mu.Lock()
	defer us.mu.Unlock()
	drop(us.starting, u.Account)
	if err == nil {
		us.live[u.ID] = true
	}
	return u, err
}

// interrupted returns the records of an account's jobs that neither run nor have
// ended.
func (us *jobs) interrupted(records Records, account store.AccountID) ([]store.Job, error) {
	found, err := records.Jobs(account)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	us.mu.Lock()
	found = slices.DeleteFunc(found, func(u store.Job) bool { return us.live[u.ID] || us.starting[account] > 0 })
	us.mu.Unlock()
	if len(found) == 0 {
		return nil, nil
	}
	// A job that has just ended is not live either, but it has no record any more.
	still, err := records.Jobs(account)
	return slices.DeleteFunc(found, func(u store.Job) bool {
		return !slices.ContainsFunc(still, func(s store.Job) bool { return s.ID == u.ID })
	}), err
}

// reportInterrupted tells a caller who has just logged in how far interrupted jobs
// came, if nobody could be told before.
func (s *session) reportInterrupted(account store.Account) {
	all, err := s.jobs.interrupted(s.Registry, account.ID)
	for _, u := range all {
		s.notify(fmt.Sprintf("%s of %s from %s was interrupted: %s", u.Command, timestamp(u.Begun), u.RemoteAddr, howFar(u)))
		if err = s.Registry.EndJob(u); err != nil {
			break
		}
	}
	if err != nil {
		s.Log.Error("jobs", "error", err)
	}
}
