// Package bolt stores accounts and phones in one bbolt file, for a service that
// runs on one machine.
//
// When a call that changes something returns, the change is on disk and synced.
// Readers see a consistent snapshot and never wait for a writer. No transaction
// outlives a call, so a slow client blocks nobody.
package bolt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// fileName is the name of the database in the data folder.
const fileName = "snomredirect.db"

// ErrInUse is returned if another process has the data folder open.
var ErrInUse = errors.New("in use by another process")

// The buckets. Phones are stored twice, by MAC and by owner and MAC, at some 30
// bytes each. Setting servers have their own bucket, so that a phone's request
// decodes nothing else of the account.
var (
	bucketMeta     = []byte("meta")     // "schema", and since schema 3 "phones" → decimal numbers; see also keyClock and keyDefault
	bucketAccounts = []byte("accounts") // account id → JSON
	bucketNames    = []byte("names")    // account name → account id
	bucketServers  = []byte("servers")  // account id → setting server, if it has one
	bucketPhones   = []byte("phones")   // MAC → owner, registered, own URL: see appendPhone
	bucketOwned    = []byte("owned")    // account id, MAC → nothing

	// Since schema 2.
	bucketHolds        = []byte("holds")         // MAC → last owner, end, own URL: see appendPhone
	bucketHoldEnds     = []byte("hold_ends")     // end, MAC → nothing
	bucketHistory      = []byte("history")       // account id, begun, number → head, MACs: see putEntry
	bucketHistorySizes = []byte("history_sizes") // account id → entries, bytes of each class, as varints
	bucketJobs         = []byte("uploads")       // account id, number → JSON

	// Since schema 4. Until then, bucketHistory had the entries of all classes.
	bucketHistoryAccounts  = []byte("history_accounts")  // as bucketHistory
	bucketHistoryStrangers = []byte("history_strangers") // as bucketHistory
	bucketUsage            = []byte("usage")             // account id → JSON: see store.Usage
	bucketClaims           = []byte("claims")            // number → JSON

	// Since schema 5. Until then, bucketHistorySizes had no class for files. The texts of
	// files have a bucket of their own, so that listing files reads none.
	bucketHistoryFiles = []byte("history_files") // as bucketHistory
	bucketFileSpaces   = []byte("file_spaces")   // account id → JSON: see spaceRecord
	bucketFileTokens   = []byte("file_tokens")   // SHA-256 of a token → account id, the second of its end or 0
	bucketFiles        = []byte("files")         // account id, folded name, 0, version counted down → JSON: see fileRecord
	bucketFileOrder    = []byte("file_order")    // account id, number → the key in bucketFiles without the account id
	bucketFileTexts    = []byte("file_texts")    // account id, number → text; removals have none

	// Since schema 7.
	bucketAPIKeys  = []byte("api_keys")              // id → JSON: see store.APIKey
	bucketProfiles = []byte("provisioning_profiles") // account id, UUID → JSON: see store.ProvisioningProfile

	// Since schema 8.
	bucketUndo = []byte("undo") // account id → JSON: see undoRecord

	schema2 = [][]byte{bucketHolds, bucketHoldEnds, bucketHistory, bucketHistorySizes, bucketJobs}
	schema4 = [][]byte{bucketHistoryAccounts, bucketHistoryStrangers, bucketUsage, bucketClaims}
	schema5 = [][]byte{bucketHistoryFiles, bucketFileSpaces, bucketFileTokens, bucketFiles, bucketFileOrder, bucketFileTexts}
	schema7 = [][]byte{bucketAPIKeys, bucketProfiles}
	schema8 = [][]byte{bucketUndo}
	buckets = slices.Concat([][]byte{bucketMeta, bucketAccounts, bucketNames, bucketServers, bucketPhones, bucketOwned}, schema2, schema4, schema5, schema7, schema8)
)

// A DB is an open data folder. Its methods are safe for concurrent use.
type DB struct {
	b         *file
	config    Config
	committer committer
	taken     takenLimit
	clock     clock
	condition condition
	closing   chan struct{} // closed by Close
	watched   chan struct{} // closed by watch

	disabledMu sync.Mutex // held while disabled is read from the file
	disabled   atomic.Pointer[disabledAccounts]

	unregistered keptDefault // where unregistered phones are sent

	spaces decodedSpaces
}

// A Config is the configuration of a DB. The zero value works.
type Config struct {
	// Hold is how long a deregistered phone stays on hold for its last owner. If
	// zero, phones are not put on hold.
	Hold time.Duration
	// Quota is how many phones an account without a quota of its own can have. If
	// zero, it is store.DefaultQuota.
	Quota int
	// FileSpace is how many bytes the files of an account can have, with the earlier
	// versions that are kept. If zero, it is store.DefaultFileSpace.
	FileSpace int
	// FileCount is how many files an account can have. If zero, it is
	// store.DefaultFileCount.
	FileCount int
	// Default is where phones are sent that nobody has registered, until an operator
	// sets or removes it. Its AnyOUI counts also afterwards.
	Default store.Default
	// Committed is called for metrics after each committed transaction, with the
	// time it took to run the changes that share it and to sync the file. It is
	// called before those changes are acknowledged and must return at once. If
	// nil, it is not called.
	Committed func(time.Duration)
	// CommitFailed is called in the same way after each transaction that could not be
	// committed. If nil, it is not called.
	CommitFailed func()
	// Truth decides about all changes, if the database is a replica of what is stored
	// elsewhere. If nil, it is none.
	Truth Truth
	// Node is the name of the node that this is, which entries of the history have. If
	// empty, they have none.
	Node string
	// Log receives a line when changes can't be stored any more, when they can again,
	// and when the clock jumps. If nil, nothing is logged.
	Log *slog.Logger

	wall func() time.Time // the machine's clock, for tests; time.Now if nil
}

// Open opens the data folder. If it does not exist, Open creates it, accessible
// only to its user. Only one process can have a folder open (ErrInUse).
func Open(folder string, config Config) (*DB, error) {
	if err := makeFolder(folder); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", folder, err)
	}
	file := filepath.Join(folder, fileName)
	b, err := openFile(file)
	switch {
	case errors.Is(err, ErrInUse):
		return nil, fmt.Errorf("data folder %s: %w", folder, ErrInUse)
	case errors.Is(err, store.ErrDamaged):
		return nil, fmt.Errorf("%s: %w: restore a backup into another folder, and keep this one", file, err)
	case err != nil:
		return nil, fmt.Errorf("data folder %s: %w", folder, err)
	}
	if config.Quota == 0 {
		config.Quota = store.DefaultQuota
	}
	config.FileSpace = cmp.Or(config.FileSpace, store.DefaultFileSpace)
	config.FileCount = cmp.Or(config.FileCount, store.DefaultFileCount)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.wall == nil {
		config.wall = time.Now
	}
	if config.Truth != nil {
		own := config.wall
		config.wall = func() time.Time { return config.Truth.Clock(own()) }
	}
	db := &DB{b: b, clock: clock{wall: config.wall}, config: config, closing: make(chan struct{}), watched: make(chan struct{})}
	if err := db.prepare(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, errors.Join(err, b.Close()))
	}
	go db.watch()
	return db, nil
}

// prepare reads what is kept in memory. What it writes is not worth refusing service
// for: phones can be answered from a disk that is full or read-only.
func (db *DB) prepare() error {
	if err := prepare(db.b, migrations); err != nil {
		return err
	}
	if err := db.checkAlone(); err != nil {
		return err
	}
	var stored clockRecord
	err := db.b.View(func(tx *bbolt.Tx) (err error) { stored, err = readClock(tx); return err })
	if err := errors.Join(err, db.readDisabled(), db.readDefault()); err != nil {
		return err
	}
	db.clock.begin(stored)
	// An earlier start may have ended between the creation of the file and this.
	err = db.b.syncFolder()
	if err == nil { // entries of idle accounts expire too
		err = db.b.Update(func(b *bbolt.Tx) error {
			tx := &writeTx{Tx: b}
			if db.config.Truth != nil { // pruning is a change
				return db.clock.save(tx, 0)
			}
			return errors.Join(pruneAll(tx, db.clock.now()), db.clock.save(tx, 0))
		})
	}
	db.note(err)
	return nil
}

// Close waits for running transactions and closes the file.
func (db *DB) Close() error {
	close(db.closing)
	<-db.watched
	if db.Refusing() == nil { // otherwise there would be no use in trying
		_ = db.b.Update(func(tx *bbolt.Tx) error { return db.clock.save(&writeTx{Tx: tx}, 0) })
	}
	return db.b.Close()
}

// makeFolder creates the folder and its missing parents, syncing each parent.
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

// accountKey returns the key of an account, which is the prefix of its keys in
// the buckets owned, history and uploads.
func accountKey(id store.AccountID) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(id))
}

// ownedKey returns accountKey followed by the MAC.
func ownedKey(id store.AccountID, mac macaddr.Addr) []byte {
	b := mac.As6()
	return append(accountKey(id), b[:]...)
}
