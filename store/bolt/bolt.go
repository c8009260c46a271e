// Package bolt keeps accounts and phones in one bbolt file, for a service that
// runs on one machine.
//
// Every change is on disk, synced, when the call that made it returns. Readers
// see the state of some moment and never wait for a writer. No transaction
// outlives a call, so that a slow client holds up nobody.
package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// fileName is the name of the database in the data folder.
const fileName = "snomredirect.db"

// lockWait is how long Open waits for another process that is on its way out.
const lockWait = time.Second

// ErrInUse: another process has the data folder open.
var ErrInUse = errors.New("in use by another process")

// The buckets. Phones are found by MAC in one, and in MAC order by owner in the
// other, at some 30 bytes each. A setting server has a bucket of its own so that
// a phone's request decodes nothing else of the account.
var (
	bucketMeta     = []byte("meta")     // "schema", and since schema 3 "phones" → numbers in digits
	bucketAccounts = []byte("accounts") // account id → JSON
	bucketNames    = []byte("names")    // account name → account id
	bucketServers  = []byte("servers")  // account id → setting server, where it has one
	bucketPhones   = []byte("phones")   // MAC → owner, registered, own URL: see appendPhone
	bucketOwned    = []byte("owned")    // account id, MAC → nothing

	// Since schema 2.
	bucketHolds        = []byte("holds")         // MAC → last owner, end, both as varints
	bucketHoldEnds     = []byte("hold_ends")     // end, MAC → nothing
	bucketHistory      = []byte("history")       // account id, begun, number → head, MACs: see putEntry
	bucketHistorySizes = []byte("history_sizes") // account id → entries, bytes, both as varints
	bucketJobs         = []byte("uploads")       // account id, number → JSON

	schema2 = [][]byte{bucketHolds, bucketHoldEnds, bucketHistory, bucketHistorySizes, bucketJobs}
	buckets = append([][]byte{bucketMeta, bucketAccounts, bucketNames, bucketServers, bucketPhones, bucketOwned}, schema2...)
)

// A DB is an open data folder. Its methods may be called at the same time.
type DB struct {
	b         *bbolt.DB
	config    Config
	committer committer
}

// A Config is what a database is opened with. The zero value works.
type Config struct {
	// Hold is how long a deregistered phone is held for its last owner; zero
	// holds none.
	Hold time.Duration
	// Committed is told, for metrics, how long each transaction took that is now
	// on disk: to run the changes that share it and to sync the file. It is called
	// before their calls return, and must return at once. Nil is told nothing.
	Committed func(time.Duration)
}

// Open opens the data folder, and makes it, private to its user, where there is
// none. The folder is one process's at a time (ErrInUse).
func Open(folder string, config Config) (*DB, error) {
	if err := makeFolder(folder); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", folder, err)
	}
	file := filepath.Join(folder, fileName)
	b, err := bbolt.Open(file, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("data folder %s: %w", folder, ErrInUse)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, fmt.Errorf("%s: not a snomredirect database, or damaged: %w", file, err)
	case err != nil:
		return nil, fmt.Errorf("data folder %s: %w", folder, err)
	}
	db := &DB{b: b, config: config, committer: committer{committed: config.Committed}}
	err = prepare(b, migrations)
	if err == nil { // idle accounts' histories grow old too
		err = b.Update(func(tx *bbolt.Tx) error { return pruneAll(tx, time.Now()) })
	}
	// bbolt syncs its file, but not the folder that has just got it.
	if err = errors.Join(err, syncFolder(folder)); err != nil {
		return nil, fmt.Errorf("%s: %w", file, errors.Join(err, db.Close()))
	}
	return db, nil
}

// Close waits for the transactions under way and closes the file.
func (db *DB) Close() error { return db.b.Close() }

// makeFolder makes the folder and those above it, each synced into its parent.
func makeFolder(folder string) error {
	info, err := os.Stat(folder)
	if err == nil && !info.IsDir() {
		return errors.New("not a folder")
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(folder)
	if err := makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// accountKey is the key of an account, and the prefix of its keys in owned.
func accountKey(id store.AccountID) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(id))
}

// ownedKey is accountKey and the MAC behind it.
func ownedKey(id store.AccountID, mac macaddr.Addr) []byte {
	b := mac.As6()
	return append(accountKey(id), b[:]...)
}
