package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// Account returns the account with that ID, or store.ErrNoAccount.
func (db *DB) Account(id store.AccountID) (a store.Account, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		a, err = getAccount(tx, id)
		return err
	})
	return a, err
}

// AccountNamed returns the account with that name, or store.ErrNoAccount.
func (db *DB) AccountNamed(name store.Name) (a store.Account, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		k := tx.Bucket(bucketNames).Get([]byte(name))
		if k == nil {
			return store.ErrNoAccount
		}
		a, err = getAccount(tx, accountID(k))
		return err
	})
	return a, err
}

// Accounts returns all accounts, sorted by name.
func (db *DB) Accounts() (all []store.Account, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketNames).ForEach(func(_, k []byte) error {
			a, err := getAccount(tx, accountID(k))
			all = append(all, a)
			return err
		})
	})
	return all, err
}

// AddAccount stores a new account and returns it with its ID and time of
// creation. If dryRun is set, it runs the same checks and returns what would be
// stored, but stores nothing and leaves the ID free. The error is
// store.ErrNameTaken if the name exists, or that of [store.CheckAdd].
func (db *DB) AddAccount(audit store.Audit, dryRun bool, a store.Account) (store.Account, error) {
	err := db.update(dryRun, func(tx *writeTx) error {
		if err := store.CheckAdd(a); err != nil {
			return err
		}
		if tx.Bucket(bucketNames).Get([]byte(a.Name)) != nil {
			return store.ErrNameTaken
		}
		id, err := tx.next(bucketAccounts)
		if err != nil {
			return err
		}
		if id > math.MaxUint32 {
			return errors.New("bolt: no account IDs left")
		}
		now := db.clock.now()
		a.ID = store.AccountID(id)
		a.Created = now.UTC().Truncate(time.Second)
		return errors.Join(
			tx.put(bucketNames, []byte(a.Name), accountKey(a.ID)),
			putAccount(tx, a),
			putEntry(tx, store.Entry{Account: a.ID, Name: a.Name, Audit: audit}, now))
	})
	if err != nil {
		return store.Account{}, err
	}
	return a, nil
}

// UpdateAccount changes an account in one transaction and returns the changed
// account. change receives the stored account and may refuse with an error, which
// UpdateAccount returns unchanged; it must not call the database, and may be
// called more than once. If nothing changed, the history gets no entry. If dryRun
// is set, UpdateAccount runs change and the same checks and returns what would be
// stored, but stores nothing. The error is store.ErrNoAccount if there is no such
// account, store.ErrTooManyChanges, or that of [store.CheckUpdate].
func (db *DB) UpdateAccount(audit store.Audit, dryRun bool, id store.AccountID, change func(*store.Account) error) (next store.Account, err error) {
	phonesToo := false
	err = db.update(dryRun, func(tx *writeTx) (err error) {
		next, phonesToo, err = updateAccount(tx, audit, id, db.clock.now(), change)
		return err
	})
	if err == nil && phonesToo && !dryRun {
		err = db.readDisabled()
	}
	return next, err
}

// updateAccount is UpdateAccount in a transaction. It also returns whether the phones of
// the account were disabled or enabled.
func updateAccount(tx *writeTx, audit store.Audit, id store.AccountID, now time.Time, change func(*store.Account) error) (next store.Account, phonesToo bool, err error) {
	prev, err := getAccount(tx.Tx, id)
	if err != nil {
		return next, false, err
	}
	next = prev
	if err := change(&next); err != nil {
		return next, false, err
	}
	others, err := otherOperators(tx.Tx, id)
	if err != nil {
		return next, false, err
	}
	if err := store.CheckUpdate(prev, next, audit.Actor, others); err != nil {
		return next, false, err
	}
	if next.Disabled && !prev.Disabled {
		if err := endClaims(tx, id); err != nil {
			return next, false, err
		}
	}
	before := bytes.Clone(tx.Bucket(bucketAccounts).Get(accountKey(id)))
	if err := putAccount(tx, next); err != nil {
		return next, false, err
	}
	if next.SettingServer == prev.SettingServer && bytes.Equal(before, tx.Bucket(bucketAccounts).Get(accountKey(id))) {
		return next, false, nil
	}
	if err := checkOwnChanges(tx.Tx, prev, audit, now); err != nil {
		return next, false, err
	}
	e := store.Entry{Account: id, Name: next.Name, Audit: audit}
	if next.SettingServer != prev.SettingServer {
		e.Was = prev.SettingServer
		if err := noteUndo(tx, audit, func(u *store.Undoable) {
			if u.Foreign = u.Foreign || id != audit.Actor; u.Foreign {
				u.Phones = nil
			} else {
				u.Server = store.ServerReversal{Before: prev.SettingServer, After: next.SettingServer}
			}
		}); err != nil {
			return next, false, err
		}
	}
	return next, next.PhonesDisabled != prev.PhonesDisabled, putEntry(tx, e, now)
}

// RemoveAccount removes an account, its files, its API keys, its provisioning profiles,
// its jobs and its claims. Operators can still read its history. If dryRun is set,
// RemoveAccount runs the same checks but removes
// nothing. The error is store.ErrNoAccount if there is no such account, or that
// of [store.CheckRemove].
func (db *DB) RemoveAccount(audit store.Audit, dryRun bool, id store.AccountID) error {
	return db.update(dryRun, func(tx *writeTx) error {
		a, err := getAccount(tx.Tx, id)
		if err != nil {
			return err
		}
		key := accountKey(id)
		first, _ := tx.Bucket(bucketOwned).Cursor().Seek(key)
		others, err := otherOperators(tx.Tx, id)
		if err != nil {
			return err
		}
		if err := store.CheckRemove(a, bytes.HasPrefix(first, key), others); err != nil {
			return err
		}
		jobs := tx.Bucket(bucketJobs).Cursor()
		for k, _ := jobs.Seek(key); bytes.HasPrefix(k, key); k, _ = jobs.Seek(key) {
			if err := tx.delete(bucketJobs, k); err != nil {
				return err
			}
		}
		now := db.clock.now()
		return errors.Join(
			tx.delete(bucketAccounts, key),
			tx.delete(bucketServers, key),
			tx.delete(bucketUsage, key),
			tx.delete(bucketUndo, key),
			tx.delete(bucketNames, []byte(a.Name)),
			deleteFiles(tx, id),
			deleteAPIKeys(tx, id),
			deleteProfiles(tx, id),
			endClaims(tx, id),
			putEntry(tx, store.Entry{Account: id, Name: a.Name, Audit: audit}, now),
			pruneAll(tx, now))
	})
}

func getAccount(tx *bbolt.Tx, id store.AccountID) (store.Account, error) {
	v := tx.Bucket(bucketAccounts).Get(accountKey(id))
	if v == nil {
		return store.Account{}, store.ErrNoAccount
	}
	var a store.Account
	if err := json.Unmarshal(v, &a); err != nil {
		return store.Account{}, fmt.Errorf("bolt: the record of account %d is damaged: %w", id, err)
	}
	a.ID = id
	a.SettingServer = getServer(tx, id)
	return a, nil
}

func putAccount(tx *writeTx, a store.Account) error {
	v, err := json.Marshal(a)
	if err != nil {
		return err
	}
	key := accountKey(a.ID)
	if !a.SettingServer.IsZero() {
		err = tx.put(bucketServers, key, []byte(a.SettingServer.String()))
	}
	return errors.Join(err, tx.put(bucketAccounts, key, v))
}

func getServer(tx *bbolt.Tx, id store.AccountID) store.URL {
	return store.RestoreURL(string(tx.Bucket(bucketServers).Get(accountKey(id))))
}

// otherOperators returns the number of enabled operators other than id.
func otherOperators(tx *bbolt.Tx, id store.AccountID) (n int, err error) {
	err = tx.Bucket(bucketAccounts).ForEach(func(k, _ []byte) error {
		a, err := getAccount(tx, accountID(k))
		if err == nil && a.ID != id && a.Operates() {
			n++
		}
		return err
	})
	return n, err
}

// accountID returns the ID at the start of a key.
func accountID(key []byte) store.AccountID {
	return store.AccountID(binary.BigEndian.Uint32(key))
}
