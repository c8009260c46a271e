package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// AccountOfToken returns the account whose files are served at URLs with that token, or
// store.ErrNoFile. Tokens are found by a hash, so how long that takes tells nothing of
// them.
func (db *DB) AccountOfToken(token string) (id store.AccountID, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketFileTokens).Get(tokenKey(token))
		if v == nil {
			return store.ErrNoFile
		}
		if len(v) != 12 {
			return errFile
		}
		if end := int64(binary.BigEndian.Uint64(v[4:])); end != 0 && db.clock.now().Unix() >= end {
			return store.ErrNoFile
		}
		id = accountID(v)
		return nil
	})
	return id, err
}

// MakeFileToken gives an account a new token, or its first one, and returns its space.
// The files are served at the URLs of the one before for store.OldTokenTime. If the
// account's setting server is url of the one before, it becomes url of the new one. If
// dryRun is set, nothing is stored, and the token that is returned is not one. The error
// is store.ErrNoAccount if there is no such account.
func (db *DB) MakeFileToken(audit store.Audit, dryRun bool, account store.AccountID, url func(token string) store.URL) (s store.FileSpace, err error) {
	token := store.NewFileToken()
	err = db.changeFiles(dryRun, 1, account, 0, func(w *fileWriter) error {
		before := w.space
		w.space.Token = token
		if w.space.OldToken = before.Token; before.Token != "" {
			w.space.OldUntil = w.now.Add(store.OldTokenTime).UTC().Truncate(time.Second)
			if w.account.SettingServer == url(before.Token) {
				w.account.SettingServer = url(token)
				if err := putAccount(w.tx, w.account); err != nil {
					return err
				}
			}
		}
		s = w.space.at(w.now)
		s.Revision++
		return errors.Join(deleteTokens(w.tx, before), putTokens(w.tx, account, w.space), w.done(audit, ""))
	})
	if err != nil {
		return store.FileSpace{}, err
	}
	return s, nil
}

// EnsureFileToken gives an account a token if it has none, without an entry in the
// history, and returns its space. The error is store.ErrNoAccount if there is no such
// account.
func (db *DB) EnsureFileToken(account store.AccountID) (store.FileSpace, error) {
	s, err := db.FileSpace(account)
	if err != nil || s.Token != "" {
		return s, err
	}
	token := store.NewFileToken()
	err = db.changeFiles(false, 1, account, 0, func(w *fileWriter) error {
		err := w.ensureToken(token)
		s = w.space.at(w.now)
		return err
	})
	if err != nil {
		return store.FileSpace{}, err
	}
	return s, nil
}

// ensureToken gives the account a token if it has none.
func (w *fileWriter) ensureToken(token string) error {
	if w.space.Token != "" {
		return nil
	}
	w.space.Token = token
	return errors.Join(putTokens(w.tx, w.account.ID, w.space), putSpace(w.tx, w.account.ID, w.space))
}

// ServeFiles makes the files of an account its setting server, at the url of its token,
// and returns the account. It gets a token if it has none; if dryRun is set, the setting
// server that is returned is then zero. The entry's detail is the URL. The errors are
// those of UpdateAccount.
func (db *DB) ServeFiles(audit store.Audit, dryRun bool, account store.AccountID, url func(token string) store.URL) (a store.Account, err error) {
	token := store.NewFileToken()
	made := false
	err = db.changeFiles(dryRun, 1, account, 0, func(w *fileWriter) error {
		made = w.space.Token == ""
		if err := w.ensureToken(token); err != nil {
			return err
		}
		server := url(w.space.Token)
		audit.Detail = server.String()
		a, _, err = updateAccount(w.tx, audit, account, w.now, func(a *store.Account) error { a.SettingServer = server; return nil })
		return err
	})
	if err != nil {
		return store.Account{}, err
	}
	if dryRun && made {
		a.SettingServer = store.URL{}
	}
	return a, nil
}

// tokenKey returns the key of a token, which is not a secret of the database's order.
func tokenKey(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tokenValue returns the value of a token that ends at a time, or never.
func tokenValue(id store.AccountID, end time.Time) []byte {
	second := int64(0)
	if !end.IsZero() {
		second = end.Unix()
	}
	return binary.BigEndian.AppendUint64(accountKey(id), uint64(second))
}

func putTokens(tx *writeTx, id store.AccountID, r spaceRecord) error {
	b := tx.Bucket(bucketFileTokens)
	err := b.Put(tokenKey(r.Token), tokenValue(id, time.Time{}))
	if r.OldToken != "" {
		err = errors.Join(err, b.Put(tokenKey(r.OldToken), tokenValue(id, r.OldUntil)))
	}
	return err
}

func deleteTokens(tx *writeTx, r spaceRecord) error {
	b := tx.Bucket(bucketFileTokens)
	return errors.Join(b.Delete(tokenKey(r.Token)), b.Delete(tokenKey(r.OldToken)))
}

// shiftTokens moves the ends of old tokens.
func shiftTokens(tx *writeTx, by time.Duration) error {
	err := shiftRecords(tx, bucketFileSpaces, func(r *spaceRecord) {
		if !r.OldUntil.IsZero() {
			r.OldUntil = r.OldUntil.Add(by).Truncate(time.Second)
		}
	})
	if err != nil {
		return err
	}
	all := map[store.AccountID]spaceRecord{}
	err = tx.Bucket(bucketFileSpaces).ForEach(func(k, v []byte) error {
		var r spaceRecord
		if json.Unmarshal(v, &r) != nil {
			return errFile
		}
		if r.OldToken != "" {
			all[accountID(k)] = r
		}
		return nil
	})
	for id, r := range all {
		err = errors.Join(err, putTokens(tx, id, r))
	}
	return err
}

// deleteFiles deletes all that an account has of files.
func deleteFiles(tx *writeTx, id store.AccountID) error {
	r, err := getSpace(tx.Tx, id)
	if err != nil {
		return err
	}
	key := accountKey(id)
	err = deleteTokens(tx, r)
	if tx.Bucket(bucketFileSpaces).Get(key) != nil {
		err = errors.Join(err, tx.delete(bucketFileSpaces, key))
	}
	for _, name := range [][]byte{bucketFiles, bucketFileOrder, bucketFileTexts} {
		remove := tx.delete
		if bytes.Equal(name, bucketFileOrder) { // which follows from the files
			remove = func(bucket, k []byte) error { return tx.Bucket(bucket).Delete(k) }
		}
		c := tx.Bucket(name).Cursor()
		for k, _ := c.Seek(key); bytes.HasPrefix(k, key); k, _ = c.Seek(key) {
			if err := remove(name, k); err != nil {
				return err
			}
		}
	}
	return err
}
