package contacts_test

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

var fetcher = netip.MustParseAddr("192.0.2.9")

func fetch(name store.FileName, version int64) store.Fetch {
	return store.Fetch{Name: name, Version: time.Unix(version, 0).UTC(), At: time.Now().UTC().Truncate(time.Second)}
}

// A fetched file joins the phone's last contact, whether that is in memory or stored, and
// is kept by the next one.
func TestFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		whole := func(c store.Contact, fetched store.Fetch) store.Contact {
			c.Fetched = fetched
			c.Fetched.Owner = 7
			return c
		}
		first := fetch("a.xml", 1)
		r.Fetched(phone(1), fetcher, 7, first)
		want(t, r, whole(store.Contact{MAC: phone(1), Owner: 7}, first)) // no request yet
		c := contact(1, store.Redirected)
		r.Record(c)
		want(t, r, whole(c, first))
		pass(every)
		want(t, r, whole(c, first))
		if n := f.written(); !slices.Equal(n, []int{1}) {
			t.Errorf("written %v", n)
		}
		later := fetch("a.xml", 1)
		r.Fetched(phone(1), fetcher, 7, later)
		want(t, r, whole(c, later)) // over the stored contact
		pass(every)
		want(t, r, whole(c, later))
		next := contact(1, store.Redirected)
		r.Record(next)
		want(t, r, whole(next, later))
		pass(every)
		want(t, r, whole(next, later))
		unregistered := contact(1, store.Unregistered)
		r.Record(unregistered)
		want(t, r, whole(unregistered, later))
	})
}

// Watchers see a version of a file once a phone, and all refused requests. Those of
// phones of no account are not recorded.
func TestWatchFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newRecorder(t)
		var seen []string
		defer r.Watch(func(c store.Contact) {
			if c.Answer != 0 || c.From != fetcher || !c.At.Equal(c.Fetched.At) || c.Owner != c.Fetched.Owner {
				t.Errorf("%+v", c)
			}
			seen = append(seen, c.MAC.String()+" "+c.Fetched.String())
		})()
		refused := store.Fetch{Name: "b.xml", At: time.Now().UTC().Truncate(time.Second), Refused: true}
		r.Fetched(phone(1), fetcher, 7, fetch("a.xml", 1))
		r.Fetched(phone(1), fetcher, 7, fetch("A.xml", 1))
		r.Fetched(phone(2), fetcher, 7, fetch("a.xml", 1))
		r.Fetched(phone(1), fetcher, 7, fetch("a.xml", 2))
		r.Fetched(phone(1), fetcher, 7, refused)
		r.Fetched(phone(1), fetcher, 7, refused)
		r.Fetched(phone(3), fetcher, 0, refused)
		one, two, three := phone(1).String(), phone(2).String(), phone(3).String()
		if want := []string{one + " fetched a.xml of 1970-01-01 00:00:01 UTC", two + " fetched a.xml of 1970-01-01 00:00:01 UTC", one + " fetched a.xml of 1970-01-01 00:00:02 UTC", one + " b.xml refused", one + " b.xml refused", three + " b.xml refused"}; !slices.Equal(seen, want) {
			t.Errorf("%q, want %q", seen, want)
		}
		if c, err := r.Contact(phone(3)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
		if n := r.Waiting(); n != 2 {
			t.Errorf("%d contacts wait", n)
		}
	})
}
