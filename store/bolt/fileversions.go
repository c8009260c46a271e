package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"snomredirect/store"
)

// PutFile stores a text as the next version of a file and returns it. If that is the text
// of the present version, it stores nothing and returns that one. The oldest versions
// make room: those of the file beyond store.MaxFileVersions, and those of all the
// account's files within its space.
//
// If revision is not 0, it must be that of the account's [store.FileSpace]
// (store.ErrFilesChanged). If dryRun is set, PutFile runs the same checks and returns
// what would be stored, but stores nothing. The other errors are store.ErrNoAccount,
// store.ErrFileSize, store.ErrFileSpace and store.ErrTooManyFiles. An entry's detail is
// the name, the size and the SHA-256, followed by the audit's.
func (db *DB) PutFile(audit store.Audit, dryRun bool, account store.AccountID, revision uint64, name store.FileName, text []byte) (f store.File, err error) {
	if len(text) > store.MaxFileSize {
		return f, store.ErrFileSize
	}
	sum := sha256.Sum256(text)
	err = db.changeFiles(dryRun, 1+len(text)/textOfAPhone, account, revision, func(w *fileWriter) error {
		latest, err := w.latest(name)
		if err != nil {
			return err
		}
		next := store.File{Name: name, Version: latest.Version + 1, At: w.now.UTC().Truncate(time.Second), Size: len(text), SHA256: hex.EncodeToString(sum[:]), By: audit.Name}
		exists := latest.Version > 0 && !latest.Removed
		if exists && latest.SHA256 == next.SHA256 {
			f = latest.File
			return nil
		}
		if !exists {
			if w.space.Files++; w.space.Files > db.config.FileCount {
				return store.ErrTooManyFiles
			}
		}
		if latest.Version == 0 {
			next.Version = w.space.Forgotten + 1
		}
		if err := w.add(next, text); err != nil {
			return err
		}
		if err := w.makeRoom(name, db.config.FileSpace, db.config.FileCount*store.MaxFileVersions); err != nil {
			return err
		}
		f = next
		return w.done(audit, fmt.Sprintf("%s, %d bytes, sha256 %s", name, next.Size, next.SHA256))
	})
	if err != nil {
		return store.File{}, err
	}
	return f, nil
}

// textOfAPhone is how many bytes of a text count as one phone of a group of changes that
// share a commit.
const textOfAPhone = 1 << 10

// RemoveFile removes a file; its versions are kept for a while. The errors are those of
// PutFile, and store.ErrNoFile.
func (db *DB) RemoveFile(audit store.Audit, dryRun bool, account store.AccountID, revision uint64, name store.FileName) error {
	return db.changeFiles(dryRun, 1, account, revision, func(w *fileWriter) error {
		latest, err := w.latest(name)
		if err != nil {
			return err
		}
		if latest.Version == 0 || latest.Removed {
			return store.ErrNoFile
		}
		removal := store.File{Name: latest.Name, Version: latest.Version + 1, At: w.now.UTC().Truncate(time.Second), By: audit.Name, Removed: true}
		w.space.Files--
		if err := w.add(removal, nil); err != nil {
			return err
		}
		// If the bounds were lowered, the other files alone can exceed them.
		if err := w.makeRoom(name, db.config.FileSpace, db.config.FileCount*store.MaxFileVersions); err != nil && !errors.Is(err, store.ErrFileSpace) {
			return err
		}
		return w.done(audit, string(latest.Name))
	})
}

// A fileWriter changes the files of an account in a transaction.
type fileWriter struct {
	tx      *writeTx
	account store.Account
	space   spaceRecord
	now     time.Time
}

// changeFiles runs change, which is as much work as size phones, in a transaction.
func (db *DB) changeFiles(dryRun bool, size int, account store.AccountID, revision uint64, change func(*fileWriter) error) error {
	run := func(tx *writeTx) error {
		a, err := getAccount(tx.Tx, account)
		if err != nil {
			return err
		}
		space, err := getSpace(tx.Tx, account)
		if err != nil {
			return err
		}
		if revision != 0 && revision != space.Revision {
			return store.ErrFilesChanged
		}
		return change(&fileWriter{tx, a, space, db.clock.now()})
	}
	if dryRun {
		return db.update(true, run)
	}
	return db.updateMany(size, run)
}

// latest returns the latest version of a name, or the zero record.
func (w *fileWriter) latest(name store.FileName) (r fileRecord, err error) {
	prefix := versionsKey(w.account.ID, name)
	if k, v := w.tx.Bucket(bucketFiles).Cursor().Seek(prefix); bytes.HasPrefix(k, prefix) {
		_, r, err = decodeFile(k, v)
	}
	return r, err
}

// add stores a version.
func (w *fileWriter) add(f store.File, text []byte) error {
	if f.Version > math.MaxInt32 {
		return errors.New("bolt: no versions left")
	}
	number, err := w.tx.next(bucketFileOrder)
	if err != nil {
		return err
	}
	v, err := json.Marshal(fileRecord{f, number})
	if err != nil {
		return err
	}
	w.space.Versions++
	w.space.Bytes += f.Size
	k, ordered := versionKey(w.account.ID, f.Name, f.Version), numberKey(w.account.ID, number)
	err = errors.Join(w.tx.put(bucketFiles, k, v), w.tx.Bucket(bucketFileOrder).Put(ordered, k[4:]))
	if !f.Removed {
		err = errors.Join(err, w.tx.put(bucketFileTexts, ordered, text))
	}
	return err
}

// makeRoom deletes the oldest versions of a file, and then of all files, that exceed the
// bounds. The error is store.ErrFileSpace if the files alone exceed them.
func (w *fileWriter) makeRoom(name store.FileName, space, versions int) error {
	all, err := versionsOf(w.tx.Tx, w.account.ID, name)
	if err != nil {
		return err
	}
	for n := len(all); n > store.MaxFileVersions; n-- {
		if err := w.drop(all[n-1]); err != nil {
			return err
		}
	}
	full := func() bool { return w.space.Bytes > space || w.space.Versions > versions }
	if !full() {
		return w.tidy(name)
	}
	old, err := w.old(w.space.Bytes-space, w.space.Versions-versions)
	if err != nil {
		return err
	}
	for _, r := range old {
		if !full() {
			break
		}
		if err := errors.Join(w.drop(r), w.tidy(r.Name)); err != nil {
			return err
		}
	}
	if full() {
		return store.ErrFileSpace
	}
	return w.tidy(name)
}

// old returns versions that are not the latest of their name, oldest first: so many that
// they have that many bytes and are that many, if there are. It decodes no others, because
// an account whose space is used up pays for this at each upload.
func (w *fileWriter) old(size, n int) (old []fileRecord, err error) {
	prefix := accountKey(w.account.ID)
	files := w.tx.Bucket(bucketFiles)
	c, latest := w.tx.Bucket(bucketFileOrder).Cursor(), files.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix) && (size > 0 || n > 0); k, v = c.Next() {
		key := append(accountKey(w.account.ID), v...)
		if len(v) < 5 {
			return nil, errFile
		}
		if first, _ := latest.Seek(key[:len(key)-4]); bytes.Equal(first, key) {
			continue
		}
		_, r, err := decodeFile(key, files.Get(key))
		if err != nil {
			return nil, err
		}
		if !r.Removed {
			old = append(old, r)
			size -= r.Size
			n--
		}
	}
	return old, nil
}

// tidy deletes removals that no version precedes: there is nothing to go back to. If
// nothing is left of a name, it is forgotten.
func (w *fileWriter) tidy(name store.FileName) error {
	all, err := versionsOf(w.tx.Tx, w.account.ID, name)
	if err != nil || len(all) == 0 {
		return err
	}
	for n := len(all); n > 0 && all[n-1].Removed; n-- {
		if n == 1 {
			w.space.Forgotten = max(w.space.Forgotten, all[0].Version)
		}
		if err := w.drop(all[n-1]); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes a version.
func (w *fileWriter) drop(r fileRecord) error {
	w.space.Versions--
	w.space.Bytes -= r.Size
	ordered := numberKey(w.account.ID, r.Number)
	return errors.Join(
		w.tx.delete(bucketFiles, versionKey(w.account.ID, r.Name, r.Version)),
		w.tx.Bucket(bucketFileOrder).Delete(ordered),
		w.tx.delete(bucketFileTexts, ordered))
}

// done stores the account's space and an entry.
func (w *fileWriter) done(audit store.Audit, detail string) error {
	w.space.Revision++
	return errors.Join(putSpace(w.tx, w.account.ID, w.space), putFileEntry(w.tx, w.account, audit, detail, w.now))
}
