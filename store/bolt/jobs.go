package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// A jobRecord is a job as JSON and, in a cluster, which node stored it, and when.
type jobRecord struct {
	store.Job
	Node   string    `json:"node,omitempty"`
	Stored time.Time `json:"stored,omitzero"`
}

// jobQuiet is how long a job of another node seems to run after it was stored. It is stored
// with each batch, and a node that is killed stores it no more.
const jobQuiet = 30 * time.Second

// runsElsewhere reports whether a job seems to run on another node than a given one, which
// is "" for a single machine.
func (r jobRecord) runsElsewhere(node string, now time.Time) bool {
	return node != "" && r.Node != "" && r.Node != node && now.Sub(r.Stored).Abs() < jobQuiet
}

// BeginJob stores j and returns it with its ID. [DB.Jobs] returns it from then on,
// until a batch or [DB.EndJob] ends it.
func (db *DB) BeginJob(j store.Job) (store.Job, error) {
	err := db.update(false, func(tx *writeTx) (err error) {
		if j.ID, err = tx.next(bucketJobs); err != nil {
			return err
		}
		return putJob(tx, &j)
	})
	return j, err
}

// EndJob deletes j. Ending a job twice is not an error.
func (db *DB) EndJob(j store.Job) error {
	j.Done = true
	return db.update(false, func(tx *writeTx) error { return putJob(tx, &j) })
}

// Jobs returns the jobs of an account that have not ended, oldest first: the
// running ones and the interrupted ones, without those that seem to run on other nodes.
func (db *DB) Jobs(account store.AccountID) (all []store.Job, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := accountKey(account)
		c := tx.Bucket(bucketJobs).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			r := jobRecord{Job: store.Job{ID: binary.BigEndian.Uint64(k[len(prefix):])}}
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("bolt: the record of a job is damaged: %w", err)
			}
			if !r.runsElsewhere(db.config.Node, time.Now()) {
				all = append(all, r.Job)
			}
		}
		return nil
	})
	return all, err
}

// putJob stores j, or deletes it if it is done. If j is nil, it does nothing.
func putJob(tx *writeTx, j *store.Job) error {
	if j == nil {
		return nil
	}
	key := binary.BigEndian.AppendUint64(accountKey(j.Account), j.ID)
	if j.Done {
		return tx.delete(bucketJobs, key)
	}
	r := jobRecord{Job: *j}
	if tx.node != "" {
		r.Node, r.Stored = tx.node, time.Now().UTC()
	}
	v, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.put(bucketJobs, key, v)
}
