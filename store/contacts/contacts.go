// Package contacts remembers what was last heard of each phone, and is never in
// a phone's way: what is heard goes into memory, and one goroutine writes it to
// a [Store] every few seconds.
//
// Only contacts of phones that were redirected are kept; they are as many as
// phones are registered. What anybody may send, with MACs that he makes up, has
// a table in memory, where the phones that were not heard for longest make room
// for others: a stranger grows neither the file nor the process.
//
// A crash loses what was heard since the last write, and the table.
package contacts

import (
	"container/list"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A Store keeps contacts across restarts.
type Store interface {
	// PutContacts keeps contacts of up to 5,000 phones, each in place of what
	// it has of that phone, all or none. They come in the order of their MACs,
	// with none twice.
	PutContacts([]store.Contact) error
	// Contact returns what was put last of a phone, or store.ErrNotFound. It may
	// be called at the same time as PutContacts.
	Contact(macaddr.Addr) (store.Contact, error)
}

// flushEvery is how often what was heard is written: what a crash may lose.
const flushEvery = 5 * time.Second

// Bounds. A contact takes some 200 bytes, its place in a map included.
const (
	// maxBatch phones are written at once: neighbours share pages, and more
	// would take long to commit.
	maxBatch = 5_000
	// maxUnsaved phones wait to be written, and as many are being written. Only
	// a Keeper that fails lets so many come together: further ones go to the
	// table.
	maxUnsaved = 1 << 18
	// maxTable phones are in the table.
	maxTable = 1 << 16
)

// A Config is what a Book works with. Only Keeper must be set.
type Config struct {
	Store Store
	// Log is told when a keeper begins to fail, and when that ends. Nil logs
	// nothing.
	Log *slog.Logger
	// Flushed is told, for metrics, of every time that there was something to
	// write: how long it took, how many phones' contacts were written and what
	// broke it off, if anything did. It may take its time: no phone waits for it.
	// Nil is told nothing.
	Flushed func(took time.Duration, phones int, err error)
}

// A Recorder is what was last heard of each phone. Its methods may be called at the
// same time.
type Recorder struct {
	config Config
	end    context.CancelFunc
	ended  chan struct{}

	// A phone is found where it was heard last if they are asked in this order:
	// table, unsaved, writing, keeper. The clock may be set back in between.
	mu      sync.Mutex
	table   map[macaddr.Addr]*list.Element
	recent  *list.List                     // of store.Contact, all in table, the one heard last at the back
	unsaved map[macaddr.Addr]store.Contact // to be written
	writing map[macaddr.Addr]store.Contact // not changed any more
	left    int                            // how many of writing are not yet written

	// Of the goroutine that writes.
	rest    []macaddr.Addr // what is not yet written of writing, in order
	failing bool

	watching sync.RWMutex
	watchers []*func(store.Contact)
}

// New returns a Book that writes to its keeper until it is closed.
func New(c Config) *Recorder {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	ctx, end := context.WithCancel(context.Background())
	b := &Recorder{
		config:  c,
		end:     end,
		ended:   make(chan struct{}),
		table:   make(map[macaddr.Addr]*list.Element),
		recent:  list.New(),
		unsaved: make(map[macaddr.Addr]store.Contact),
	}
	go b.run(ctx)
	return b
}

// Close writes what was heard before, and ends the writing.
func (b *Recorder) Close() {
	b.end()
	<-b.ended
}

// Record notes a contact and tells those who watch. It waits for no disk.
func (b *Recorder) Record(c store.Contact) {
	b.note(c)
	b.watching.RLock()
	defer b.watching.RUnlock()
	for _, heard := range b.watchers {
		(*heard)(c)
	}
}

func (b *Recorder) note(c store.Contact) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.table[c.MAC]
	if c.Answer == store.Redirected {
		if _, waits := b.unsaved[c.MAC]; waits || len(b.unsaved) < maxUnsaved {
			b.unsaved[c.MAC] = c
			if e != nil {
				b.recent.Remove(e)
				delete(b.table, c.MAC)
			}
			return
		}
	}
	if e == nil && len(b.table) == maxTable {
		e = b.recent.Front()
		delete(b.table, e.Value.(store.Contact).MAC)
	}
	if e == nil {
		e = b.recent.PushBack(c)
	} else {
		e.Value = c
		b.recent.MoveToBack(e)
	}
	b.table[c.MAC] = e
}

// Contact returns what was last heard of a phone, or store.ErrNotFound.
func (b *Recorder) Contact(mac macaddr.Addr) (store.Contact, error) {
	if c, ok := b.remembered(mac); ok {
		return c, nil
	}
	return b.config.Store.Contact(mac)
}

func (b *Recorder) remembered(mac macaddr.Addr) (store.Contact, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.table[mac]; e != nil {
		return e.Value.(store.Contact), true
	}
	if c, ok := b.unsaved[mac]; ok {
		return c, true
	}
	c, ok := b.writing[mac]
	return c, ok
}

// Waiting returns how many contacts are still to be written. A phone that was
// heard again while it is being written counts twice.
func (b *Recorder) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.unsaved) + b.left
}

// Watch has heard called for every contact from now on, on the phone's own
// goroutine: it must return at once, and neither call Watch nor stop. stop ends
// it; heard is not called after stop returns.
func (b *Recorder) Watch(heard func(store.Contact)) (stop func()) {
	w := &heard
	b.watching.Lock()
	defer b.watching.Unlock()
	b.watchers = append(b.watchers, w)
	return func() {
		b.watching.Lock()
		defer b.watching.Unlock()
		b.watchers = slices.DeleteFunc(b.watchers, func(other *func(store.Contact)) bool { return other == w })
	}
}
