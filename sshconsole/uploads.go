package sshconsole

import (
	"fmt"
	"sync"

	"snomredirect/store"
)

// maxUploads bounds the uploads of one account at a time: each holds a batch.
const maxUploads = 4

// uploads are those under way in the whole service: the store's records alone
// do not tell them from those that were interrupted. Its methods may be called
// at the same time. The zero value works.
type uploads struct {
	mu    sync.Mutex
	under map[store.AccountID]int // way
	live  map[uint64]bool         // by the numbers of their records
}

// begin makes room for an upload, or refuses one too many. end is called with
// its record, which is the zero Upload where it got none.
func (us *uploads) begin(account store.AccountID) (end func(store.Upload), err error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.under == nil {
		us.under, us.live = map[store.AccountID]int{}, map[uint64]bool{}
	}
	if us.under[account] >= maxUploads {
		return nil, refused(busy, "Your account has %d lists on their way: wait for one to end.", maxUploads)
	}
	us.under[account]++
	return func(record store.Upload) {
		us.mu.Lock()
		defer us.mu.Unlock()
		delete(us.live, record.ID)
		if us.under[account]--; us.under[account] == 0 {
			delete(us.under, account)
		}
	}, nil
}

// record gives an upload its record.
func (us *uploads) record(records Records, u store.Upload) (store.Upload, error) {
	us.mu.Lock() // from before the record is there, so that it is never without life
	defer us.mu.Unlock()
	u, err := records.BeginUpload(u)
	if err == nil {
		us.live[u.ID] = true
	}
	return u, err
}

// interrupted returns the records of an account's uploads that are not under
// way and have not ended.
func (us *uploads) interrupted(records Records, account store.AccountID) ([]store.Upload, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	all, err := records.Uploads(account)
	var interrupted []store.Upload
	for _, u := range all {
		if !us.live[u.ID] {
			interrupted = append(interrupted, u)
		}
	}
	return interrupted, err
}

// tellInterrupted tells a caller who has just logged in how far uploads came
// that nobody could be told of.
func (c *console) tellInterrupted(account store.Account) {
	all, err := c.uploads.interrupted(c.registry, account.ID)
	for _, u := range all {
		c.notify(fmt.Sprintf("%s of %s from %s was interrupted: %s", u.What, timestamp(u.Begun), u.From, howFar(u)))
		if err = c.registry.EndUpload(u); err != nil {
			break
		}
	}
	if err != nil {
		c.log.Error("uploads", "error", err)
	}
}
