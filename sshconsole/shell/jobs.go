package shell

import (
	"fmt"

	"snomredirect/sshconsole/jobs"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// beginJob counts a job of the caller's account, or refuses one too many. end is
// called with the job's record, which is the zero Job if it got none.
func (c *call) beginJob() (end func(store.Job), err error) {
	end, err = c.jobs.Begin(c.by.ID)
	if err == jobs.ErrTooMany {
		err = refused(codeBusy, "Your account is already running %d changes of many phones: wait for one to end.", jobs.Max)
	}
	return end, err
}

// reportInterrupted tells a caller who has just logged in how far interrupted jobs
// came, if the session that ran them could not report it.
func (s *session) reportInterrupted(account store.Account) {
	all, err := s.jobs.Interrupted(s.Registry, account.ID)
	for _, j := range all {
		s.notify(fmt.Sprintf("%s of %s from %s was interrupted: %s", j.Command, wording.Timestamp(j.Begun), j.RemoteAddr, jobs.HowFar(j)))
		if err = s.Registry.EndJob(j); err != nil {
			break
		}
	}
	if err != nil {
		s.Log.Error("jobs", "error", err)
	}
}
