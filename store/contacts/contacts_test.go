package contacts_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// every is how often a Book writes.
const every = 5 * time.Second

func phone(n int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+n)) }

func contact(n int, answer store.Answer) store.Contact {
	return store.Contact{
		MAC: phone(n), At: time.Now().UTC().Truncate(time.Millisecond), From: netip.MustParseAddr("192.0.2.7"),
		Model: "snom360", Firmware: "7.3.14", Answer: answer,
	}
}

// keepUntilTold keeps contacts and notes the sizes of batches, unless it is told
// to fail: at once, or after some batches.
type keepUntilTold struct {
	t       testing.TB
	mu      sync.Mutex
	kept    map[macaddr.Addr]store.Contact
	batches []int
	flushes []string // as they were told
	waiting func() int
	fail    error
	after   int // how many batches more it takes before it fails
}

func (k *keepUntilTold) PutContacts(batch []store.Contact) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, c := range batch {
		if i > 0 && batch[i-1].MAC.Compare(c.MAC) >= 0 {
			k.t.Errorf("%v comes before %v", batch[i-1].MAC, c.MAC)
		}
	}
	if k.fail != nil && k.after == 0 {
		return k.fail
	}
	k.after--
	k.batches = append(k.batches, len(batch))
	for _, c := range batch {
		k.kept[c.MAC] = c
	}
	return nil
}

func (k *keepUntilTold) Contact(mac macaddr.Addr) (store.Contact, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.kept[mac]
	if !ok {
		return c, store.ErrNotFound
	}
	return c, nil
}

func (k *keepUntilTold) flush(took time.Duration, phones int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flushes = append(k.flushes, fmt.Sprint(took, " ", phones, " ", err, ", ", k.waiting(), " wait"))
}

func (k *keepUntilTold) written() []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.batches)
}

func (k *keepUntilTold) failing(err error, after int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fail, k.after = err, after
}

// newBook returns a Book inside a bubble of testing/synctest.
func newBook(t *testing.T) (*contacts.Recorder, *keepUntilTold, *bytes.Buffer) {
	k := &keepUntilTold{t: t, kept: map[macaddr.Addr]store.Contact{}}
	var log bytes.Buffer
	b := contacts.New(contacts.Config{Store: k, Log: slog.New(slog.NewTextHandler(&log, nil)), Flushed: k.flush})
	k.mu.Lock()
	k.waiting = b.Waiting // can be asked for by who is told
	k.mu.Unlock()
	t.Cleanup(b.Close)
	return b, k, &log
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want checks what the book answers of the phone of c.
func want(t *testing.T, b *contacts.Recorder, c store.Contact) {
	t.Helper()
	if got, err := b.Contact(c.MAC); err != nil || got != c {
		t.Errorf("%+v, %v\nwant %+v", got, err, c)
	}
}

func TestTheLastHeardCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k, _ := newBook(t)
		if c, err := b.Contact(phone(1)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
		answers := []store.Answer{
			store.Redirected, store.Redirected, store.Unregistered, store.Refused, store.Unregistered, store.Redirected, store.Unregistered,
		}
		for _, written := range []bool{false, true} {
			var kept store.Contact
			for _, answer := range answers {
				pass(time.Millisecond)
				c := contact(1, answer)
				b.Record(c)
				want(t, b, c)
				if written {
					pass(every)
					want(t, b, c)
				}
				if answer == store.Redirected {
					kept = c
				}
			}
			pass(every)
			if got, err := k.Contact(phone(1)); err != nil || got != kept {
				t.Errorf("kept: %+v, %v\nwant %+v", got, err, kept)
			}
		}
		// A clock that was set back makes no phone's past of its present.
		c := contact(1, store.Redirected)
		c.At = c.At.Add(-time.Hour)
		b.Record(c)
		want(t, b, c)
		pass(every)
		want(t, b, c)
	})
}

// Strangers reach no file, and as many as the table holds are remembered.
func TestStrangers(t *testing.T) {
	const table = 1 << 16
	synctest.Test(t, func(t *testing.T) {
		b, k, _ := newBook(t)
		for n := range table {
			b.Record(contact(n, store.Unregistered))
		}
		b.Record(contact(0, store.Refused)) // heard again: 1 is the oldest now
		b.Record(contact(table, store.Unregistered))
		for n, remembered := range map[int]bool{0: true, 1: false, 2: true, table: true} {
			if c, err := b.Contact(phone(n)); (err == nil) != remembered {
				t.Errorf("%d: %+v, %v", n, c, err)
			}
		}
		b.Record(contact(2, store.Redirected)) // leaves the table
		b.Record(contact(table+1, store.Unregistered))
		want(t, b, contact(3, store.Unregistered))
		b.Record(contact(table+2, store.Unregistered))
		if c, err := b.Contact(phone(3)); err != store.ErrNotFound {
			t.Errorf("the oldest: %+v, %v", c, err)
		}
		pass(every)
		if !slices.Equal(k.written(), []int{1}) {
			t.Errorf("written: %v", k.written())
		}
	})
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k, _ := newBook(t)
		for n := range 12_000 {
			b.Record(contact(n*7919%12_000, store.Redirected))
		}
		pass(every - time.Millisecond)
		if sizes := k.written(); len(sizes) > 0 {
			t.Errorf("written too soon: %v", sizes)
		}
		pass(time.Millisecond)
		if !slices.Equal(k.written(), []int{5_000, 5_000, 2_000}) {
			t.Errorf("written: %v", k.written())
		}
		pass(time.Hour)
		if len(k.written()) != 3 {
			t.Errorf("written again: %v", k.written())
		}
	})
}

func TestAKeeperThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k, log := newBook(t)
		for n := range 11_000 {
			b.Record(contact(n, store.Redirected))
		}
		old := contact(10_999, store.Redirected)
		k.failing(errors.New("disk full"), 1)
		pass(every)
		newer := contact(10_999, store.Redirected)
		b.Record(newer)
		k.failing(errors.New("disk full"), 0)
		pass(10 * time.Minute)
		if got := strings.Count(log.String(), "disk full"); got != 1 {
			t.Errorf("told %d times:\n%s", got, log)
		}
		for n := range 10_999 {
			if c, err := b.Contact(phone(n)); err != nil || c.Answer != store.Redirected {
				t.Fatalf("%d: %+v, %v", n, c, err)
			}
		}
		want(t, b, newer)
		if old == newer {
			t.Error("they are to differ")
		}
		k.failing(nil, 0)
		pass(every)
		if !slices.Equal(k.written(), []int{5_000, 5_000, 1_000, 1}) {
			t.Errorf("written: %v", k.written())
		}
		if got, _ := k.Contact(newer.MAC); got != newer {
			t.Errorf("kept: %+v", got)
		}
		want(t, b, newer)
		if !strings.Contains(log.String(), "saving contacts works again") {
			t.Error(log)
		}
	})
}

// What waits and what is written can be watched.
func TestFlushesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k, _ := newBook(t)
		waiting := func(want int) {
			t.Helper()
			if got := b.Waiting(); got != want {
				t.Errorf("%d wait, want %d", got, want)
			}
		}
		hear := func(phones int) {
			for n := range phones {
				b.Record(contact(n, store.Redirected))
			}
		}
		pass(every) // nothing to write is nothing to tell
		hear(7)
		hear(7)
		b.Record(contact(8, store.Unregistered))
		waiting(7)
		pass(every)
		waiting(0)
		hear(6_000)
		k.failing(errors.New("disk full"), 1)
		pass(every)
		waiting(1_000)
		hear(2_000)
		waiting(3_000)
		pass(every)
		k.failing(nil, 0)
		pass(every)
		waiting(0)
		if want := []string{"0s 7 <nil>, 0 wait", "0s 5000 disk full, 1000 wait", "0s 0 disk full, 3000 wait", "0s 3000 <nil>, 0 wait"}; !slices.Equal(k.flushes, want) {
			t.Errorf("told %q, want %q", k.flushes, want)
		}
	})
}

// Even where nothing can be written, memory is bounded: further phones go to
// the table, and old ones from there.
func TestAKeeperThatFailsForLong(t *testing.T) {
	if testing.Short() {
		t.Skip("leave out -short: it hears of half a million phones")
	}
	const unsaved, table = 1 << 18, 1 << 16
	synctest.Test(t, func(t *testing.T) {
		b, k, log := newBook(t)
		k.failing(errors.New("disk full"), 0)
		first := store.Contact{Answer: store.Redirected}
		for n := range 2*unsaved + table + 1 {
			if n == unsaved {
				pass(every) // now these are being written
			}
			first.MAC = phone(n)
			b.Record(first)
		}
		for n, remembered := range map[int]bool{0: true, unsaved: true, 2*unsaved - 1: true, 2 * unsaved: false, 2*unsaved + 1: true, 2*unsaved + table: true} {
			if c, err := b.Contact(phone(n)); (err == nil) != remembered {
				t.Errorf("%d: %+v, %v", n, c, err)
			}
		}
		b.Close()
		if !strings.Contains(log.String(), fmt.Sprintf("phones=%d", 2*unsaved)) {
			t.Errorf("what is lost in the end: %s", log)
		}
	})
}

func TestCloseWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, k, log := newBook(t)
		c := contact(1, store.Redirected)
		b.Record(c)
		b.Close()
		b.Close()
		if got, err := k.Contact(c.MAC); err != nil || got != c || log.Len() > 0 {
			t.Errorf("%+v, %v\n%s", got, err, log)
		}
		b.Record(contact(2, store.Redirected)) // a phone that was still on the line
		want(t, b, contact(2, store.Redirected))
	})
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _, _ := newBook(t)
		b.Record(contact(0, store.Redirected))
		var first, second []store.Contact
		stopFirst := b.Watch(func(c store.Contact) {
			want(t, b, c) // it is noted by then
			first = append(first, c)
		})
		b.Record(contact(1, store.Redirected))
		stopSecond := b.Watch(func(c store.Contact) { second = append(second, c) })
		b.Record(contact(2, store.Unregistered))
		stopFirst()
		stopFirst()
		b.Record(contact(3, store.Refused))
		stopSecond()
		b.Record(contact(4, store.Redirected))
		if !slices.Equal(first, []store.Contact{contact(1, store.Redirected), contact(2, store.Unregistered)}) ||
			!slices.Equal(second, []store.Contact{contact(2, store.Unregistered), contact(3, store.Refused)}) {
			t.Errorf("%+v\n%+v", first, second)
		}
	})
}

// Watchers come and go while phones ask: none is called after its stop.
func TestWatchersComeAndGo(t *testing.T) {
	b := contacts.New(contacts.Config{Store: &keepUntilTold{t: t, kept: map[macaddr.Addr]store.Contact{}}})
	defer b.Close()
	var phones, watchers sync.WaitGroup
	var over atomic.Bool
	for p := range 4 {
		phones.Go(func() {
			for n := 0; !over.Load(); n++ {
				b.Record(contact(p*1000+n%1000, store.Answer(1+n%3)))
			}
		})
	}
	for range 4 {
		watchers.Go(func() {
			for range 200 {
				var stopped atomic.Bool
				heard := make(chan bool, 1)
				stop := b.Watch(func(store.Contact) {
					if stopped.Load() {
						t.Error("called after stop")
					}
					select {
					case heard <- true:
					default:
					}
				})
				<-heard
				stop()
				stopped.Store(true)
			}
		})
	}
	watchers.Wait()
	over.Store(true)
	phones.Wait()
}

// Twenty thousand phones at once, into the file.
func TestStorm(t *testing.T) {
	const goroutines, each = 50, 400
	folder := t.TempDir()
	file, err := bolt.OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { file.Close() }()
	b := contacts.New(contacts.Config{Store: file})
	var phones sync.WaitGroup
	for g := range goroutines {
		phones.Go(func() {
			for n := range each {
				c := contact(g*each+n, store.Redirected)
				b.Record(c)
				if got, err := b.Contact(c.MAC); err != nil || got != c {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	phones.Wait()
	b.Close()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if file, err = bolt.OpenContacts(folder, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for n := range goroutines * each {
		if c, err := file.Contact(phone(n)); err != nil || c.MAC != phone(n) || c.Firmware != "7.3.14" {
			t.Fatalf("%d: %+v, %v", n, c, err)
		}
	}
}

type discard struct{}

func (discard) PutContacts([]store.Contact) error { return nil }
func (discard) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}

// What a phone's request spends on being heard, when 64 are at once.
func BenchmarkHear(b *testing.B) {
	const n = 1 << 17 // twice as many as the table holds
	all := make([]store.Contact, n)
	for _, answer := range []store.Answer{store.Redirected, store.Unregistered} {
		for i := range all {
			all[i] = contact(i, answer)
		}
		b.Run(answer.String(), func(b *testing.B) {
			book := contacts.New(contacts.Config{Store: discard{}})
			defer book.Close()
			var start atomic.Uint32
			b.ReportAllocs()
			b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				for i := start.Add(7919); pb.Next(); i++ {
					book.Record(all[i%n])
				}
			})
		})
	}
}
