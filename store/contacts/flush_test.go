package contacts_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/contacts"
)

func TestFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, log := newRecorder(t)
		for n := range 11_000 {
			r.Record(contact(n, store.Redirected))
		}
		old := contact(10_999, store.Redirected)
		f.failAfter(1, errors.New("disk full"))
		pass(every)
		latest := contact(10_999, store.Redirected)
		r.Record(latest)
		f.failAfter(0, errors.New("disk full"))
		pass(10 * time.Minute)
		if got := strings.Count(log.String(), "disk full"); got != 1 {
			t.Errorf("logged %d times:\n%s", got, log)
		}
		for n := range 10_999 {
			if c, err := r.Contact(phone(n)); err != nil || c.Answer != store.Redirected {
				t.Fatalf("%d: %+v, %v", n, c, err)
			}
		}
		want(t, r, latest)
		if old == latest {
			t.Fatal("the two contacts must differ")
		}
		f.failAfter(0, nil)
		pass(every)
		if !slices.Equal(f.written(), []int{5_000, 5_000, 1_000, 1}) {
			t.Errorf("written: %v", f.written())
		}
		if got, _ := f.Contact(latest.MAC); got != latest {
			t.Errorf("stored: %+v", got)
		}
		want(t, r, latest)
		if !strings.Contains(log.String(), "saving contacts works again") {
			t.Error(log)
		}
	})
}

func TestFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		waiting := func(want int) {
			t.Helper()
			if got := r.Waiting(); got != want {
				t.Errorf("%d contacts waiting, want %d", got, want)
			}
		}
		record := func(phones int) {
			for n := range phones {
				r.Record(contact(n, store.Redirected))
			}
		}
		pass(every) // nothing to write
		record(7)
		record(7)
		r.Record(contact(8, store.Unregistered))
		waiting(7)
		pass(every)
		waiting(0)
		record(6_000)
		f.failAfter(1, errors.New("disk full"))
		pass(every)
		waiting(1_000)
		record(2_000)
		waiting(3_000)
		pass(every)
		f.failAfter(0, nil)
		pass(every)
		waiting(0)
		if want := []string{"0s 7 <nil>, 0 waiting", "0s 5000 disk full, 1000 waiting", "0s 0 disk full, 3000 waiting", "0s 3000 <nil>, 0 waiting"}; !slices.Equal(f.flushes, want) {
			t.Errorf("Flushed: %q, want %q", f.flushes, want)
		}
	})
}

// If the Store fails for long, memory stays bounded: further phones go to the
// table, and the oldest ones leave it.
func TestBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: records half a million phones")
	}
	const unsaved, table = 1 << 18, 1 << 16
	synctest.Test(t, func(t *testing.T) {
		r, f, log := newRecorder(t)
		f.failAfter(0, errors.New("disk full"))
		c := store.Contact{Answer: store.Redirected}
		for n := range 2*unsaved + table + 1 {
			if n == unsaved {
				pass(every) // now these are being written
			}
			c.MAC = phone(n)
			r.Record(c)
		}
		for n, known := range map[int]bool{0: true, unsaved: true, 2*unsaved - 1: true, 2 * unsaved: false, 2*unsaved + 1: true, 2*unsaved + table: true} {
			if c, err := r.Contact(phone(n)); (err == nil) != known {
				t.Errorf("%d: %+v, %v", n, c, err)
			}
		}
		r.Close()
		if !strings.Contains(log.String(), fmt.Sprintf("phones=%d", 2*unsaved)) {
			t.Errorf("Close did not log the lost contacts: %s", log)
		}
	})
}

// A Store that panics is one that fails.
func TestPanickingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := 0
		f := &panickingStore{failingStore: failingStore{t: t, stored: map[macaddr.Addr]store.Contact{}}, panics: true}
		var log strings.Builder
		r := contacts.New(contacts.Config{Store: f, Log: slog.New(slog.NewTextHandler(&log, nil)), Guard: func(_ string, run func()) bool {
			defer func() {
				if recover() != nil {
					panics++
				}
			}()
			run()
			return true
		}})
		c := contact(1, store.Redirected)
		r.Record(c)
		pass(2*every + every/2)
		want(t, r, c)
		if panics != 2 || strings.Count(log.String(), "saving contacts failed, retrying") != 1 {
			t.Errorf("%d panics\n%s", panics, &log)
		}
		f.set(false)
		r.Close()
		if got, err := f.Contact(c.MAC); err != nil || got != c {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A panickingStore panics until it is told not to.
type panickingStore struct {
	failingStore
	panicsMu sync.Mutex
	panics   bool
}

func (p *panickingStore) set(panics bool) {
	p.panicsMu.Lock()
	defer p.panicsMu.Unlock()
	p.panics = panics
}

func (p *panickingStore) PutContacts(batch []store.Contact) error {
	p.panicsMu.Lock()
	defer p.panicsMu.Unlock()
	if p.panics {
		panic("damaged")
	}
	return p.failingStore.PutContacts(batch)
}
