package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// keyDefault is in bucketMeta: a defaultRecord as JSON. There is none until an operator
// has set or removed the default, nor in stores of older versions, which don't read it.
var keyDefault = []byte("default")

var errDefault = errors.New("bolt: the stored default is damaged")

// A defaultRecord is the default that an operator has set. An empty URL removes it.
type defaultRecord struct {
	URL store.URL `json:"url"`
}

// A keptDefault is the default as it is on disk. It is kept in memory, so that no phone
// waits for a look-up.
type keptDefault struct {
	mu  sync.Mutex // held while the file is read
	now atomic.Pointer[store.Default]
}

// Default returns where phones are sent that nobody has registered. It sees every
// change that was acknowledged before.
func (db *DB) Default() store.Default { return *db.unregistered.now.Load() }

// SetDefault sets where phones are sent that nobody has registered, or with the zero
// URL that they are sent nowhere, and returns the new default. From then on, that of
// the [Config] does not count any more. The history of the actor, who must be an
// operator (store.ErrNotOperator), gets an entry, unless nothing changed. If dryRun is
// set, SetDefault returns what would be stored, but stores nothing.
func (db *DB) SetDefault(audit store.Audit, dryRun bool, url store.URL) (next store.Default, err error) {
	err = db.update(dryRun, func(tx *writeTx) error {
		by, err := getAccount(tx.Tx, audit.Actor)
		if err != nil {
			return err
		}
		if !by.Operates() {
			return store.ErrNotOperator
		}
		v, err := json.Marshal(defaultRecord{url})
		if err != nil || bytes.Equal(v, tx.Bucket(bucketMeta).Get(keyDefault)) {
			return err
		}
		return errors.Join(
			tx.put(bucketMeta, keyDefault, v),
			putEntry(tx, store.Entry{Account: by.ID, Name: by.Name, Audit: audit}, db.clock.now()))
	})
	if !dryRun && (err == nil || errors.Is(err, store.ErrUnknown)) { // it may be stored
		err = errors.Join(err, db.readDefault())
	}
	if err != nil {
		return store.Default{}, err
	}
	next = db.config.Default
	next.URL, next.Chosen = url, true
	return next, nil
}

// readDefault reads the stored default, after a change of it is on disk and before it
// is acknowledged.
func (db *DB) readDefault() error {
	db.unregistered.mu.Lock()
	defer db.unregistered.mu.Unlock()
	d := db.config.Default
	err := db.b.View(func(tx *bbolt.Tx) (err error) {
		v := tx.Bucket(bucketMeta).Get(keyDefault)
		if d.Chosen = v != nil; d.Chosen {
			d.URL, err = decodeDefault(v)
		}
		return err
	})
	if err == nil {
		db.unregistered.now.Store(&d)
	}
	return err
}

func decodeDefault(v []byte) (store.URL, error) {
	var r defaultRecord
	if json.Unmarshal(v, &r) != nil {
		return store.URL{}, errDefault
	}
	return r.URL, nil
}
