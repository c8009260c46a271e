// Package contacts records the last contact of each phone without delaying any
// phone: contacts are recorded in memory, and one goroutine writes them to a
// [Store] every few seconds.
//
// Only contacts of redirected phones are stored, and deleted some time after a phone
// is deregistered; so there are about as many as there are registered phones. Anybody can send requests with made-up MACs, so
// the contacts of all other phones stay in memory, in a table of fixed size from
// which the oldest contact makes room for a new one. Unauthenticated clients can
// therefore grow neither the file nor the process.
//
// A Recorder also remembers from which sources each phone was answered before, in the
// same way: those of redirected phones are stored.
//
// What is stored can be shared with other nodes: Config.Stored tells of it, and Merge stores
// what they know.
//
// A crash loses the contacts since the last write, and the table.
package contacts

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Store stores contacts across restarts.
type Store interface {
	// PutContacts stores contacts of up to 5,000 phones, all or none, each over the
	// stored contact of its phone: see [store.Contact.Over]. They are sorted by MAC, and no
	// MAC appears twice.
	PutContacts([]store.Contact) error
	// MergeContacts stores contacts like PutContacts, but of each phone the latest of what
	// is stored and what is given: see [store.Contact.Latest]. It returns the phones of
	// which something later is stored than given.
	MergeContacts([]store.Contact) (later []macaddr.Addr, err error)
	// Contact returns the contact that was last put for a phone, or
	// store.ErrNotFound. It may be called concurrently with PutContacts.
	Contact(macaddr.Addr) (store.Contact, error)
	// Knows reports whether a contact of a phone from a source was put. The Store may
	// forget all but the latest [store.MaxSources] sources of a phone. It takes the
	// same time whether there are contacts of the phone from other sources or not, and
	// may be called concurrently with PutContacts.
	Knows(macaddr.Addr, store.Source) (bool, error)
	// Phones returns up to n phones with a stored contact, in the order of their MACs,
	// starting after a MAC. Fewer than n are the last.
	Phones(after macaddr.Addr, n int) ([]macaddr.Addr, error)
	// DeleteContacts deletes all that is stored of phones.
	DeleteContacts([]macaddr.Addr) error
}

// flushEvery is the interval between writes, and so the most that a crash loses.
const flushEvery = 5 * time.Second

// Bounds. A contact takes some 350 bytes, including its map entry.
const (
	// maxBatch is the number of phones in one write. Neighbouring MACs share
	// pages, so a batch is cheap; a larger one would take long to commit.
	maxBatch = 5_000
	// maxUnsaved is the number of phones that can wait to be written while as
	// many are being written. It is reached only if the Store fails; further
	// phones go to the table.
	maxUnsaved = 1 << 18
	// maxTable is the number of phones in the table.
	maxTable = 1 << 16
	// maxKnown is the number of pairs of a phone and a source that are remembered for
	// registered phones, and for others. A pair takes at most some 70 bytes.
	maxKnown = 1 << 16
	// maxReported is the number of versions of files, fetched by a phone each, that
	// watchers are not told of again. One takes some 300 bytes.
	maxReported = 1 << 15
)

// A Config is the configuration of a Recorder. Only Store is required.
type Config struct {
	Store Store
	// Log receives an error when writing starts to fail, and a message when it
	// works again. If nil, nothing is logged.
	Log *slog.Logger
	// Registered reports whether a phone is registered or on hold. What is stored of
	// others is deleted within some days. If nil, it is kept.
	Registered func(macaddr.Addr) (bool, error)
	// Flushed is called for metrics after each write: with the time it took, the
	// number of phones whose contacts were written, and the error that ended it
	// early, if any. It is not called if there was nothing to write. It may
	// block: no phone waits for it. If nil, it is not called.
	Flushed func(took time.Duration, phones int, err error)
	// Stored is called after contacts of phones were written, but not by Merge, and
	// Deleted after those of phones that are no longer registered were deleted. They must
	// return at once, and must not keep the slice. If nil, they are not called.
	Stored, Deleted func([]macaddr.Addr)
	// Guard runs f, logs its panic if there is one, and reports whether f returned.
	// It is called on the writing goroutine. If nil, a panic ends the program.
	Guard func(where string, f func()) (ok bool)
}

// A Recorder records the last contact of each phone. Its methods are safe for
// concurrent use.
type Recorder struct {
	config  Config
	stop    context.CancelFunc
	stopped chan struct{}

	// The last contact of a phone is that of table over unsaved, writing and Store, in
	// this order: a fetched file may be in one and the request before it in another. Its time does not count: the clock may be set back.
	mu        sync.Mutex
	table     *simplelru.LRU[macaddr.Addr, store.Tried]
	unsaved   map[macaddr.Addr]store.Contact // to be written
	writing   map[macaddr.Addr]store.Contact // not modified any more
	unwritten int                            // how many of writing are not yet written

	// The pairs that were answered. Unregistered phones have a table of their own, so
	// that registered ones, whose pairs are stored too, push none of theirs out.
	known, strangers pairs

	reported *simplelru.LRU[fetched, struct{}] // what watchers were told of

	// Used only by the writing goroutine.
	rest    []macaddr.Addr // the MACs of writing that are not yet written, in order
	failing bool
	pruned  macaddr.Addr // the last phone that was looked up to be pruned
	pruneAt time.Time    // not before

	watchersMu sync.RWMutex
	watchers   []*func(store.Contact)
}

// New returns a Recorder that writes to its Store until it is closed.
func New(c Config) *Recorder {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Guard == nil {
		c.Guard = func(_ string, f func()) bool { f(); return true }
	}
	if c.Stored == nil {
		c.Stored = func([]macaddr.Addr) {}
	}
	if c.Deleted == nil {
		c.Deleted = func([]macaddr.Addr) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &Recorder{
		config:  c,
		stop:    stop,
		stopped: make(chan struct{}),
		table:   newTable[macaddr.Addr, store.Tried](maxTable),
		unsaved: make(map[macaddr.Addr]store.Contact),

		known:     newPairs(maxKnown),
		strangers: newPairs(maxKnown),
		reported:  newTable[fetched, struct{}](maxReported),
	}
	go r.run(ctx)
	return r
}

func newTable[K comparable, V any](size int) *simplelru.LRU[K, V] {
	table, err := simplelru.NewLRU[K, V](size, nil)
	if err != nil {
		panic("contacts: " + err.Error()) // only for a size of zero or less
	}
	return table
}

// Close writes the contacts recorded so far and stops writing.
func (r *Recorder) Close() {
	r.stop()
	<-r.stopped
}

// Record records a contact and passes it to the watchers. It does no disk I/O. A
// contact with a Refusal is only passed on: it says less than the last one of its
// phone.
func (r *Recorder) Record(c store.Contact) {
	if c.Refusal == "" {
		r.record(c)
	}
	r.tell(c)
}

// tell passes a contact to the watchers.
func (r *Recorder) tell(c store.Contact) {
	r.watchersMu.RLock()
	defer r.watchersMu.RUnlock()
	for _, onContact := range r.watchers {
		(*onContact)(c)
	}
}

func (r *Recorder) record(c store.Contact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p := (pair{c.MAC, store.SourceOf(c.From)}); c.Answer {
	case store.Redirected:
		r.known.add(p)
	case store.Unregistered, store.Withheld, store.ToDefault:
		r.strangers.add(p)
	}
	if c.Answer == store.Redirected && r.save(c) {
		r.table.Remove(c.MAC)
		return
	}
	r.table.Add(c.MAC, r.count(c))
}

// save lets a contact be written, over one of its phone that waits for that. It reports
// whether there is room.
func (r *Recorder) save(c store.Contact) bool {
	waiting, ok := r.unsaved[c.MAC]
	if !ok && len(r.unsaved) >= maxUnsaved {
		return false
	}
	r.unsaved[c.MAC] = c.Over(waiting)
	return true
}

// Contact returns the last contact of a phone, or store.ErrNotFound.
func (r *Recorder) Contact(mac macaddr.Addr) (store.Contact, error) {
	c := r.inMemory(mac)
	if c.Answer != 0 && c.Fetched != (store.Fetch{}) {
		return c, nil
	}
	stored, err := r.config.Store.Contact(mac)
	switch {
	case err == nil:
		return c.Over(stored), nil
	case c.MAC.IsValid(): // what is in memory is the latest
		return c, nil
	}
	return store.Contact{}, err
}

// inMemory returns what is in memory of a phone's last contact.
func (r *Recorder) inMemory(mac macaddr.Addr) store.Contact {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, _ := r.table.Peek(mac) // reading makes no contact younger
	return last.Over(r.unsaved[mac]).Over(r.writing[mac])
}

// Knows reports whether a phone was answered before when it requested its settings
// from a source. How long that takes doesn't show whether it was from another one.
func (r *Recorder) Knows(mac macaddr.Addr, source store.Source) bool {
	p := pair{mac, source}
	r.mu.Lock()
	known := r.known.has(p) || r.strangers.has(p)
	r.mu.Unlock()
	if known {
		return true
	}
	// The contacts of a few seconds ago are in the tables; older ones are stored.
	if stored, err := r.config.Store.Knows(mac, source); err != nil || !stored {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known.add(p)
	return true
}

// Answered lets Knows know a phone from a source, without a contact. It is not stored.
func (r *Recorder) Answered(mac macaddr.Addr, source store.Source, registered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if registered {
		r.known.add(pair{mac, source})
	} else {
		r.strangers.add(pair{mac, source})
	}
}

// Waiting returns the number of contacts that are still to be written. A phone
// with a new contact while its last one is being written counts twice.
func (r *Recorder) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unsaved) + r.unwritten
}

// Watch calls onContact for every contact from now on, on the goroutine that
// serves the phone: it must return at once and must not call Watch or stop. stop
// ends the watch; onContact is not called after stop has returned.
func (r *Recorder) Watch(onContact func(store.Contact)) (stop func()) {
	w := &onContact
	r.watchersMu.Lock()
	defer r.watchersMu.Unlock()
	r.watchers = append(r.watchers, w)
	return func() {
		r.watchersMu.Lock()
		defer r.watchersMu.Unlock()
		r.watchers = slices.DeleteFunc(r.watchers, func(other *func(store.Contact)) bool { return other == w })
	}
}
