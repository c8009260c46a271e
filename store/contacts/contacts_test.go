package contacts_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/contacts"
)

// every is the interval at which a Recorder writes.
const every = 5 * time.Second

func phone(n int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+n)) }

func contact(n int, answer store.Answer) store.Contact {
	return store.Contact{
		MAC: phone(n), At: time.Now().UTC().Truncate(time.Millisecond), From: netip.MustParseAddr("192.0.2.7"),
		Model: "snom360", Firmware: "7.3.14", Answer: answer,
	}
}

// A failingStore stores contacts and records the sizes of batches, until it is set
// to fail.
type failingStore struct {
	contacts.Store // nil: nothing is pruned
	t              testing.TB
	mu             sync.Mutex
	stored         map[macaddr.Addr]store.Contact
	batches        []int
	flushes        []string // the calls of Flushed
	waiting        func() int
	fail           error
	after          int // number of batches to store before failing
}

func (f *failingStore) PutContacts(batch []store.Contact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, c := range batch {
		if i > 0 && batch[i-1].MAC.Compare(c.MAC) >= 0 {
			f.t.Errorf("batch not sorted: %v before %v", batch[i-1].MAC, c.MAC)
		}
	}
	if f.fail != nil && f.after == 0 {
		return f.fail
	}
	f.after--
	f.batches = append(f.batches, len(batch))
	for _, c := range batch {
		f.stored[c.MAC] = c.Over(f.stored[c.MAC])
	}
	return nil
}

func (f *failingStore) Contact(mac macaddr.Addr) (store.Contact, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.stored[mac]
	if !ok {
		return c, store.ErrNotFound
	}
	return c, nil
}

func (f *failingStore) Knows(mac macaddr.Addr, source store.Source) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.stored[mac]
	return ok && store.SourceOf(c.From) == source, f.fail
}

func (f *failingStore) flushed(took time.Duration, phones int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flushes = append(f.flushes, fmt.Sprint(took, " ", phones, " ", err, ", ", f.waiting(), " waiting"))
}

func (f *failingStore) written() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

// failAfter makes PutContacts fail with err after that many batches. If err is
// nil, it works again.
func (f *failingStore) failAfter(batches int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.after = err, batches
}

// newRecorder returns a Recorder in a synctest bubble, with its Store and log.
func newRecorder(t *testing.T) (*contacts.Recorder, *failingStore, *bytes.Buffer) {
	f := &failingStore{t: t, stored: map[macaddr.Addr]store.Contact{}}
	var log bytes.Buffer
	r := contacts.New(contacts.Config{Store: f, Log: slog.New(slog.NewTextHandler(&log, nil)), Flushed: f.flushed})
	f.mu.Lock()
	f.waiting = r.Waiting // Flushed may call it
	f.mu.Unlock()
	t.Cleanup(r.Close)
	return r, f, &log
}

// restart returns another Recorder with the same Store.
func restart(t *testing.T, f *failingStore) *contacts.Recorder {
	r := contacts.New(contacts.Config{Store: f})
	t.Cleanup(r.Close)
	return r
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want checks that c is the last contact of its phone.
func want(t *testing.T, r *contacts.Recorder, c store.Contact) {
	t.Helper()
	if got, err := r.Contact(c.MAC); err != nil || got != c {
		t.Errorf("%+v, %v\nwant %+v", got, err, c)
	}
}

func TestLastContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		if c, err := r.Contact(phone(1)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
		answers := []store.Answer{
			store.Redirected, store.Redirected, store.Unregistered, store.Refused, store.Unregistered, store.Redirected, store.Unregistered,
		}
		for _, written := range []bool{false, true} {
			var stored store.Contact
			for _, answer := range answers {
				pass(time.Millisecond)
				c := contact(1, answer)
				r.Record(c)
				want(t, r, c)
				if written {
					pass(every)
					want(t, r, c)
				}
				if answer == store.Redirected {
					stored = c
				}
			}
			pass(every)
			if got, err := f.Contact(phone(1)); err != nil || got != stored {
				t.Errorf("stored: %+v, %v\nwant %+v", got, err, stored)
			}
		}
		// The last contact counts even if the clock was set back.
		c := contact(1, store.Redirected)
		c.At = c.At.Add(-time.Hour)
		r.Record(c)
		want(t, r, c)
		pass(every)
		want(t, r, c)
	})
}

// Contacts of phones that are not redirected stay in the table, whose oldest
// contact makes room for a new one.
func TestTable(t *testing.T) {
	const table = 1 << 16
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		for n := range table {
			r.Record(contact(n, store.Unregistered))
		}
		r.Record(contact(0, store.Refused)) // now 1 is the oldest, although 0 came first
		r.Record(contact(table, store.Unregistered))
		for n, known := range map[int]bool{0: true, 1: false, 2: true, table: true} {
			if c, err := r.Contact(phone(n)); (err == nil) != known {
				t.Errorf("%d: %+v, %v", n, c, err)
			}
		}
		r.Record(contact(2, store.Redirected)) // leaves the table
		r.Record(contact(table+1, store.Unregistered))
		want(t, r, contact(3, store.Unregistered))
		r.Record(contact(table+2, store.Unregistered))
		if c, err := r.Contact(phone(3)); err != store.ErrNotFound {
			t.Errorf("the oldest: %+v, %v", c, err)
		}
		pass(every)
		if !slices.Equal(f.written(), []int{1}) {
			t.Errorf("written: %v", f.written())
		}
	})
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		for n := range 12_000 {
			r.Record(contact(n*7919%12_000, store.Redirected))
		}
		pass(every - time.Millisecond)
		if sizes := f.written(); len(sizes) > 0 {
			t.Errorf("written too soon: %v", sizes)
		}
		pass(time.Millisecond)
		if !slices.Equal(f.written(), []int{5_000, 5_000, 2_000}) {
			t.Errorf("written: %v", f.written())
		}
		pass(time.Hour)
		if len(f.written()) != 3 {
			t.Errorf("written again: %v", f.written())
		}
	})
}

func TestCloseWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, log := newRecorder(t)
		c := contact(1, store.Redirected)
		r.Record(c)
		r.Close()
		r.Close()
		if got, err := f.Contact(c.MAC); err != nil || got != c || log.Len() > 0 {
			t.Errorf("%+v, %v\n%s", got, err, log)
		}
		r.Record(contact(2, store.Redirected)) // a request that was still being served
		want(t, r, contact(2, store.Redirected))
	})
}
