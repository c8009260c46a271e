package shell

import (
	"fmt"
	"slices"
	"sync"

	"snomredirect/store"
)

// maxJobs bounds the uploads of one account at a time: each holds a batch of
// phones in memory.
const maxJobs = 4

// jobs are those under way in the whole service: the store's records alone
// do not tell them from those that were interrupted. Its methods may be called
// at the same time. The zero value works.
type jobs struct {
	mu       sync.Mutex
	under    map[store.AccountID]int // how many of an account are under way
	starting map[store.AccountID]int // of these, how many are about to get a record
	live     map[uint64]bool         // the numbers of their records
}

// begin makes room for an upload, or for another command that takes as much, or
// refuses one too many. end is called with its record, which is the zero Upload
// where it got none.
func (us *jobs) begin(account store.AccountID) (end func(store.Job), err error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.under == nil {
		us.under, us.starting, us.live = map[store.AccountID]int{}, map[store.AccountID]int{}, map[uint64]bool{}
	}
	if us.under[account] >= maxJobs {
		return nil, refused(codeBusy, "Your account is changing many phones %d times at once already: wait for one to end.", maxJobs)
	}
	us.under[account]++
	return func(record store.Job) {
		us.mu.Lock()
		defer us.mu.Unlock()
		delete(us.live, record.ID)
		drop(us.under, account)
	}, nil
}

// drop takes one off a count.
func drop(counts map[store.AccountID]int, account store.AccountID) {
	if counts[account]--; counts[account] == 0 {
		delete(counts, account)
	}
}

// record gives an upload its record.
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

// interrupted returns the records of an account's uploads that are not under
// way and have not ended.
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
	// One that has ended in the meantime is not live either: it has no record.
	still, err := records.Jobs(account)
	return slices.DeleteFunc(found, func(u store.Job) bool {
		return !slices.ContainsFunc(still, func(s store.Job) bool { return s.ID == u.ID })
	}), err
}

// tellInterrupted tells a caller who has just logged in how far uploads came
// that nobody could be told of.
func (s *session) tellInterrupted(account store.Account) {
	all, err := s.jobs.interrupted(s.Registry, account.ID)
	for _, u := range all {
		s.notify(fmt.Sprintf("%s of %s from %s was interrupted: %s", u.Command, timestamp(u.Begun), u.RemoteAddr, howFar(u)))
		if err = s.Registry.EndJob(u); err != nil {
			break
		}
	}
	if err != nil {
		s.Log.Error("uploads", "error", err)
	}
}
