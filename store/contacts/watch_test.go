package contacts_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/contacts"
)

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newRecorder(t)
		r.Record(contact(0, store.Redirected))
		var first, second []store.Contact
		stopFirst := r.Watch(func(c store.Contact) {
			want(t, r, c) // already recorded
			first = append(first, c)
		})
		r.Record(contact(1, store.Redirected))
		stopSecond := r.Watch(func(c store.Contact) { second = append(second, c) })
		r.Record(contact(2, store.Unregistered))
		stopFirst()
		stopFirst()
		r.Record(contact(3, store.Refused))
		stopSecond()
		r.Record(contact(4, store.Redirected))
		if !slices.Equal(first, []store.Contact{contact(1, store.Redirected), contact(2, store.Unregistered)}) ||
			!slices.Equal(second, []store.Contact{contact(2, store.Unregistered), contact(3, store.Refused)}) {
			t.Errorf("%+v\n%+v", first, second)
		}
	})
}

// A request that could not be read is seen by watchers, and is no last contact of
// the phone whose MAC it has.
func TestRefusalIsNoLastContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		var seen []store.Contact
		defer r.Watch(func(c store.Contact) { seen = append(seen, c) })()
		last := contact(1, store.Redirected)
		r.Record(last)
		pass(every)
		refusal := contact(1, store.Refused)
		refusal.Refusal = "not a phone's"
		unknown := contact(2, store.Refused)
		unknown.Refusal = "not a phone's"
		r.Record(refusal)
		r.Record(unknown)
		want(t, r, last)
		if c, err := r.Contact(phone(2)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
		pass(every)
		if !slices.Equal(seen, []store.Contact{last, refusal, unknown}) || len(f.written()) != 1 {
			t.Errorf("seen %+v, written %v", seen, f.written())
		}
	})
}

// No watcher is called after its stop, even if phones call at that moment.
func TestWatchConcurrently(t *testing.T) {
	r := contacts.New(contacts.Config{Store: &failingStore{t: t, stored: map[macaddr.Addr]store.Contact{}}})
	defer r.Close()
	var phones, watchers sync.WaitGroup
	var done atomic.Bool
	for p := range 4 {
		phones.Go(func() {
			for n := 0; !done.Load(); n++ {
				r.Record(contact(p*1000+n%1000, store.Answer(1+n%3)))
			}
		})
	}
	for range 4 {
		watchers.Go(func() {
			for range 200 {
				var stopped atomic.Bool
				called := make(chan bool, 1)
				stop := r.Watch(func(store.Contact) {
					if stopped.Load() {
						t.Error("called after stop")
					}
					select {
					case called <- true:
					default:
					}
				})
				<-called
				stop()
				stopped.Store(true)
			}
		})
	}
	watchers.Wait()
	done.Store(true)
	phones.Wait()
}
