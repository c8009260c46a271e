package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// besides is about how many records a batch writes besides those of its phones.
const besides = 8

// changeInParts runs a batch that is more than the truth can write at once in several
// transactions, each with as many phones as possible. If one fails, those before it have
// been made, and the batch's job says so.
func (db *DB) changeInParts(b store.Batch) ([]store.Result, error) {
	records, _ := db.config.Truth.Limits()
	most := max(1, records-besides)
	done, err := db.linesDone(b.Job)
	if err != nil {
		return nil, err
	}
	results := make([]store.Result, len(b.Changes))
	failed := 0
	for rest := sortedByMAC(b.Changes); len(rest) > 0; {
		part := rest[:min(most, len(rest))]
		one := b
		one.Changes = make([]store.Change, len(part))
		for i, at := range part {
			one.Changes[i] = b.Changes[at]
		}
		if b.Job != nil {
			job := *b.Job
			job.Failed += failed
			if len(part) < len(rest) {
				job.Done, job.Some, job.Lines = false, max(job.Some, job.Lines), done
			}
			one.Job = &job
		}
		got, err := db.changeAtOnce(one, true)
		if errors.Is(err, store.ErrTooLarge) && len(part) > 1 {
			most = (len(part) + 1) / 2 // holds and history are more records than expected
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, at := range part {
			if results[at] = got[i]; got[i].Err != nil {
				failed++
			}
		}
		rest = rest[len(part):]
	}
	return results, nil
}

// splits reports whether a batch that failed may be made in parts.
func (db *DB) splits(b store.Batch, err error) bool {
	return errors.Is(err, store.ErrTooLarge) && db.config.Truth != nil && !b.Atomic && !b.DryRun && len(b.Changes) > 1
}

// exceeds reports whether a batch is certainly more than the truth can write at once, so
// that there is no use in trying.
func (db *DB) exceeds(b store.Batch) bool {
	if db.config.Truth == nil || b.Atomic || b.DryRun {
		return false
	}
	records, _ := db.config.Truth.Limits()
	return len(b.Changes) > records
}

// linesDone returns how many lines of a job are stored as done.
func (db *DB) linesDone(j *store.Job) (lines int, err error) {
	if j == nil {
		return 0, nil
	}
	err = db.b.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketJobs).Get(slices.Concat(accountKey(j.Account), binary.BigEndian.AppendUint64(nil, j.ID)))
		if v == nil {
			return nil
		}
		var stored store.Job
		if err := json.Unmarshal(v, &stored); err != nil {
			return fmt.Errorf("bolt: the record of a job is damaged: %w", err)
		}
		lines = stored.Lines
		return nil
	})
	return lines, err
}
