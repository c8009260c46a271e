package bolt

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

var errAPIKey = errors.New("bolt: the record of an API key is damaged")

// APIKey returns the API key with that ID, or store.ErrNoAPIKey.
func (db *DB) APIKey(id string) (k store.APIKey, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		k, err = getAPIKey(tx, id)
		return err
	})
	return k, err
}

// APIKeys returns the API keys of an account, oldest first.
func (db *DB) APIKeys(account store.AccountID) (all []store.APIKey, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		all, err = apiKeysOf(tx, account)
		return err
	})
	return all, err
}

// AddAPIKey stores a new API key. If dryRun is set, it runs the same checks and stores
// nothing. The error is store.ErrNoAccount if there is no such account,
// store.ErrTooManyAPIKeys or store.ErrTooManyChanges.
func (db *DB) AddAPIKey(audit store.Audit, dryRun bool, k store.APIKey) error {
	return db.update(dryRun, func(tx *writeTx) error {
		all, err := apiKeysOf(tx.Tx, k.Account)
		switch {
		case err != nil:
			return err
		case len(all) >= store.MaxAPIKeys:
			return store.ErrTooManyAPIKeys
		case tx.Bucket(bucketAPIKeys).Get([]byte(k.ID)) != nil:
			return errors.New("bolt: an API key has the ID already")
		}
		v, err := json.Marshal(k)
		if err != nil {
			return err
		}
		return errors.Join(db.noteAccountChange(tx, audit, k.Account), tx.put(bucketAPIKeys, []byte(k.ID), v))
	})
}

// RemoveAPIKey removes an API key of an account. If dryRun is set, it runs the same
// checks and removes nothing. The error is store.ErrNoAPIKey if the account has no such
// key, store.ErrNoAccount or store.ErrTooManyChanges.
func (db *DB) RemoveAPIKey(audit store.Audit, dryRun bool, account store.AccountID, id string) error {
	return db.update(dryRun, func(tx *writeTx) error {
		k, err := getAPIKey(tx.Tx, id)
		switch {
		case err != nil:
			return err
		case k.Account != account:
			return store.ErrNoAPIKey
		}
		return errors.Join(db.noteAccountChange(tx, audit, account), tx.delete(bucketAPIKeys, []byte(id)))
	})
}

// noteAccountChange records in the history of an account that what belongs to it changes,
// unless it may not: see checkOwnChanges.
func (db *DB) noteAccountChange(tx *writeTx, audit store.Audit, id store.AccountID) error {
	a, err := getAccount(tx.Tx, id)
	if err != nil {
		return err
	}
	now := db.clock.now()
	if err := checkOwnChanges(tx.Tx, a, audit, now); err != nil {
		return err
	}
	return putEntry(tx, store.Entry{Account: id, Name: a.Name, Audit: audit}, now)
}

func getAPIKey(tx *bbolt.Tx, id string) (store.APIKey, error) {
	v := tx.Bucket(bucketAPIKeys).Get([]byte(id))
	if v == nil {
		return store.APIKey{}, store.ErrNoAPIKey
	}
	return decodeAPIKey([]byte(id), v)
}

func decodeAPIKey(k, v []byte) (store.APIKey, error) {
	key := store.APIKey{ID: string(k)}
	if json.Unmarshal(v, &key) != nil || len(key.Sealed) == 0 {
		return store.APIKey{}, errAPIKey
	}
	return key, nil
}

// apiKeysOf reads the API keys of all accounts, which are a few each, and returns those
// of one.
func apiKeysOf(tx *bbolt.Tx, account store.AccountID) (all []store.APIKey, err error) {
	err = tx.Bucket(bucketAPIKeys).ForEach(func(k, v []byte) error {
		key, err := decodeAPIKey(k, v)
		if err == nil && key.Account == account {
			all = append(all, key)
		}
		return err
	})
	slices.SortFunc(all, func(a, b store.APIKey) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, err
}

// deleteAPIKeys deletes the API keys of an account.
func deleteAPIKeys(tx *writeTx, account store.AccountID) error {
	all, err := apiKeysOf(tx.Tx, account)
	for _, k := range all {
		err = errors.Join(err, tx.delete(bucketAPIKeys, []byte(k.ID)))
	}
	return err
}

// checkAPIKeys checks that each API key is that of an account.
func (c *check) checkAPIKeys() {
	c.APIKeys = c.each(bucketAPIKeys, 0, func(k, v []byte) {
		switch key, err := decodeAPIKey(k, v); {
		case err != nil:
			c.add("the record of the API key %q is damaged", k)
		case c.accounts[key.Account] == nil:
			c.add("%s has an API key and does not exist", c.name(key.Account))
		}
	})
}
