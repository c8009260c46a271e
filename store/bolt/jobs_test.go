package bolt

import (
	"encoding/json"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// A job that another node has stored just now may still run there, so it is not one to be
// reported as interrupted.
func TestJobsOfNodes(t *testing.T) {
	folder := t.TempDir()
	as := func(node string, f func(db *DB)) {
		db, err := Open(folder, Config{Node: node})
		if err != nil {
			t.Fatal(err)
		}
		f(db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want := func(node string, want int) {
		t.Helper()
		as(node, func(db *DB) {
			if all, err := db.Jobs(1); err != nil || len(all) != want {
				t.Errorf("%q has %+v, %v, want %d", node, all, err, want)
			}
		})
	}
	as("a", func(db *DB) {
		if _, err := db.BeginJob(store.Job{Account: 1}); err != nil {
			t.Fatal(err)
		}
	})
	want("a", 1)
	want("b", 0)
	want("", 1)            // a backup, restored to a single machine
	as("a", func(db *DB) { // later
		err := db.b.Update(func(tx *bbolt.Tx) error {
			k, v := tx.Bucket(bucketJobs).Cursor().First()
			var r jobRecord
			if err := json.Unmarshal(v, &r); err != nil {
				return err
			}
			r.Stored = r.Stored.Add(-jobQuiet - time.Second)
			v, err := json.Marshal(r)
			if err != nil {
				return err
			}
			return tx.Bucket(bucketJobs).Put(k, v)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	want("a", 1)
	want("b", 1)
}
