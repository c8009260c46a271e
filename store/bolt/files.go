package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

var errFile = errors.New("bolt: a record of a file is damaged")

// A spaceRecord is what an account has of files, as JSON. An account has none until it
// has a file or a token.
type spaceRecord struct {
	Token    string    `json:"token,omitempty"`
	OldToken string    `json:"old_token,omitempty"`
	OldUntil time.Time `json:"old_until,omitzero"`
	Files    int       `json:"files"`    // that exist
	Versions int       `json:"versions"` // of all names, with removals
	Bytes    int       `json:"bytes"`    // of all versions
	Revision uint64    `json:"revision"`
	// Forgotten is the highest version of the names of which nothing is left. A name
	// begins after it, so that no version of a name is used again.
	Forgotten int `json:"forgotten,omitempty"`
}

// A fileRecord is a version of a file, as JSON. Number is that of bucketFileOrder.
type fileRecord struct {
	store.File
	Number uint64 `json:"number"`
}

// FileSpace returns what an account has of files. The error is store.ErrNoAccount if
// there is no such account.
func (db *DB) FileSpace(account store.AccountID) (s store.FileSpace, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(bucketAccounts).Get(accountKey(account)) == nil { // not decoded: phones wait
			return store.ErrNoAccount
		}
		r, err := db.spaces.get(tx, account)
		s = r.at(db.clock.now())
		return err
	})
	return s, err
}

// decodedSpaces are the records of FileSpace as they were last decoded, by account:
// decoding takes longer than all else that a phone's request of a file looks up. Each is
// compared with what is stored, so none is out of date.
type decodedSpaces struct {
	sync.Map // store.AccountID → *decodedSpace
}

type decodedSpace struct {
	stored []byte
	spaceRecord
}

func (d *decodedSpaces) get(tx *bbolt.Tx, id store.AccountID) (spaceRecord, error) {
	stored := tx.Bucket(bucketFileSpaces).Get(accountKey(id))
	if last, ok := d.Load(id); ok {
		if last := last.(*decodedSpace); bytes.Equal(last.stored, stored) {
			return last.spaceRecord, nil
		}
	}
	r, err := getSpace(tx, id)
	if err == nil && stored != nil {
		d.Store(id, &decodedSpace{bytes.Clone(stored), r})
	}
	return r, err
}

// Files returns the files of an account that exist, by folded name. It reads no texts.
func (db *DB) Files(account store.AccountID) (all []store.File, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := accountKey(account)
		c := tx.Bucket(bucketFiles).Cursor()
		k, v := c.Seek(prefix)
		for bytes.HasPrefix(k, prefix) {
			name, r, err := decodeFile(k, v)
			if err != nil {
				return err
			}
			if !r.Removed {
				all = append(all, r.File)
			}
			k, v = c.Seek(afterVersions(account, name))
		}
		return nil
	})
	return all, err
}

// HasFolder reports whether files of an account that exist are in a folder, at whatever
// depth. It stops at the first.
func (db *DB) HasFolder(account store.AccountID, folder store.FileName) (has bool, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := append(append(accountKey(account), folder.Fold()...), '/')
		c := tx.Bucket(bucketFiles).Cursor()
		k, v := c.Seek(prefix)
		for !has && bytes.HasPrefix(k, prefix) {
			name, r, err := decodeFile(k, v)
			if err != nil {
				return err
			}
			has = !r.Removed
			k, v = c.Seek(afterVersions(account, name))
		}
		return nil
	})
	return has, err
}

// FileVersions returns the versions of a file that are kept, newest first. The first one
// is a removal if the file was removed. The error is store.ErrNoFile if there are none.
func (db *DB) FileVersions(account store.AccountID, name store.FileName) (all []store.File, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		records, err := versionsOf(tx, account, name)
		for _, r := range records {
			all = append(all, r.File)
		}
		if err == nil && len(all) == 0 {
			err = store.ErrNoFile
		}
		return err
	})
	return all, err
}

// File returns a version of a file with its text, or the present one for version 0. The
// error is store.ErrNoFile if there is none, or if it is a removal.
func (db *DB) File(account store.AccountID, name store.FileName, version int) (f store.File, text []byte, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		prefix := versionsKey(account, name)
		c := tx.Bucket(bucketFiles).Cursor()
		k, v := c.Seek(prefix)
		if version != 0 {
			k, v = c.Seek(versionKey(account, name, version))
		}
		if !bytes.HasPrefix(k, prefix) {
			return store.ErrNoFile
		}
		_, r, err := decodeFile(k, v)
		switch {
		case err != nil:
			return err
		case r.Removed || version != 0 && r.Version != version:
			return store.ErrNoFile
		}
		stored := tx.Bucket(bucketFileTexts).Get(numberKey(account, r.Number))
		if len(stored) != r.Size {
			return errFile
		}
		f, text = r.File, append(make([]byte, 0, len(stored)), stored...)
		return nil
	})
	return f, text, err
}

// NoteFileRead adds an entry to an account's history: an operator has read a file. The
// error is store.ErrNoAccount if there is no such account.
func (db *DB) NoteFileRead(audit store.Audit, account store.AccountID, name store.FileName) error {
	return db.update(false, func(tx *writeTx) error {
		a, err := getAccount(tx.Tx, account)
		if err != nil {
			return err
		}
		return putFileEntry(tx, a, audit, string(name), db.clock.now())
	})
}

// putFileEntry adds an entry about an account's files. What the store knows precedes the
// audit's detail.
func putFileEntry(tx *writeTx, a store.Account, audit store.Audit, detail string, now time.Time) error {
	if detail != "" && audit.Detail != "" {
		detail += ", "
	}
	audit.Detail = detail + audit.Detail
	return putEntry(tx, store.Entry{Account: a.ID, Name: a.Name, Audit: audit}, now)
}

// at returns the space at a time.
func (r spaceRecord) at(now time.Time) store.FileSpace {
	s := store.FileSpace{Token: r.Token, OldToken: r.OldToken, OldUntil: r.OldUntil, Files: r.Files, Bytes: r.Bytes, Revision: r.Revision}
	if !now.Before(r.OldUntil) {
		s.OldToken, s.OldUntil = "", time.Time{}
	}
	return s
}

func getSpace(tx *bbolt.Tx, id store.AccountID) (r spaceRecord, err error) {
	r.Revision = store.FirstRevision
	if v := tx.Bucket(bucketFileSpaces).Get(accountKey(id)); v != nil && json.Unmarshal(v, &r) != nil {
		return r, errFile
	}
	return r, nil
}

func putSpace(tx *writeTx, id store.AccountID, r spaceRecord) error {
	v, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return tx.put(bucketFileSpaces, accountKey(id), v)
}

// versionsOf returns the versions of a file, newest first.
func versionsOf(tx *bbolt.Tx, account store.AccountID, name store.FileName) (all []fileRecord, err error) {
	prefix := versionsKey(account, name)
	c := tx.Bucket(bucketFiles).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		_, r, err := decodeFile(k, v)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// versionsKey returns the prefix of the keys of a file's versions. No name contains a
// zero byte.
func versionsKey(account store.AccountID, name store.FileName) []byte {
	return append(append(accountKey(account), name.Fold()...), 0)
}

// afterVersions returns the first key after those of a file's versions.
func afterVersions(account store.AccountID, folded store.FileName) []byte {
	return append(append(accountKey(account), folded...), 1)
}

// versionKey returns the key of a version. Versions count down, so that the present one
// is the first.
func versionKey(account store.AccountID, name store.FileName, version int) []byte {
	return binary.BigEndian.AppendUint32(versionsKey(account, name), ^uint32(version))
}

func numberKey(account store.AccountID, number uint64) []byte {
	return binary.BigEndian.AppendUint64(accountKey(account), number)
}

// decodeFile decodes a record of bucketFiles.
func decodeFile(k, v []byte) (folded store.FileName, r fileRecord, err error) {
	zero := len(k) - 5
	if zero < 5 || k[zero] != 0 || json.Unmarshal(v, &r) != nil {
		return "", r, errFile
	}
	folded = store.FileName(k[4:zero])
	if r.Name.Fold() != folded || uint32(r.Version) != ^binary.BigEndian.Uint32(k[zero+1:]) {
		return "", r, errFile
	}
	return folded, r, nil
}
