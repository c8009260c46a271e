package jobs

import (
	"testing"

	"snomredirect/store"
)

// memory stores jobs.
type memory struct{ all []store.Job }

func (m *memory) Jobs(store.AccountID) ([]store.Job, error) { return m.all, nil }

func (m *memory) BeginJob(j store.Job) (store.Job, error) {
	j.ID = uint64(len(m.all) + 1)
	m.all = append(m.all, j)
	return j, nil
}

// A stored job is interrupted unless it runs.
func TestInterrupted(t *testing.T) {
	var running Running
	m := &memory{all: []store.Job{{ID: 1, Account: 7}}}
	end, err := running.Begin(7)
	if err != nil {
		t.Fatal(err)
	}
	job, err := running.Record(m, store.Job{Account: 7})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := running.Interrupted(m, 7); err != nil || len(found) != 1 || found[0].ID != 1 {
		t.Errorf("found %+v, %v, want job 1", found, err)
	}
	end(job)
	if found, err := running.Interrupted(m, 7); err != nil || len(found) != 2 {
		t.Errorf("found %+v, %v, want both jobs", found, err)
	}
}

func TestMax(t *testing.T) {
	var running Running
	var ends []func(store.Job)
	for range Max {
		end, err := running.Begin(7)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	if _, err := running.Begin(7); err != ErrTooMany {
		t.Errorf("one too many: %v", err)
	}
	if _, err := running.Begin(8); err != nil {
		t.Errorf("another account: %v", err)
	}
	ends[0](store.Job{})
	if _, err := running.Begin(7); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}
