package contacts_test

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"snomredirect/store"
)

// A source is known to have the phones that were answered when they requested from
// there, also if that is stored only.
func TestKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, f, _ := newRecorder(t)
		here, there := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.8")
		knows := func(n int, from netip.Addr, want bool) {
			t.Helper()
			if r.Knows(phone(n), store.SourceOf(from)) != want {
				t.Errorf("%d from %v: known: %v", n, from, !want)
			}
		}
		refusal := contact(4, store.Refused)
		refusal.Refusal = "no file"
		failed := contact(5, store.Refused)
		for _, c := range []store.Contact{contact(1, store.Redirected), contact(2, store.Unregistered), contact(3, store.Withheld), refusal, failed, contact(6, store.ToDefault)} {
			knows(int(c.MAC.As6()[5]), here, false)
			r.Record(c)
		}
		for n, want := range map[int]bool{1: true, 2: true, 3: true, 4: false, 5: false, 6: true} {
			knows(n, here, want)
			knows(n, there, false)
		}
		again := contact(1, store.Redirected)
		again.From = there
		r.Record(again)
		knows(1, here, true)
		knows(1, there, true)
		pass(every)

		// After a restart, those that are stored are known.
		r.Close()
		r = restart(t, f)
		knows(1, there, true)
		knows(1, here, false) // this Store keeps the last one only
		knows(2, here, false)
		f.failAfter(0, store.ErrBusy)
		knows(1, there, true)
		knows(7, there, false)
	})
}

// What fetches files without a request for its settings is known too.
func TestKnowsWithoutContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newRecorder(t)
		here, there := store.SourceOf(netip.MustParseAddr("192.0.2.7")), store.SourceOf(netip.MustParseAddr("192.0.2.8"))
		r.Answered(phone(1), here, true)
		r.Answered(phone(2), here, false)
		for n := range 2 {
			if !r.Knows(phone(1+n), here) || r.Knows(phone(1+n), there) {
				t.Error(n)
			}
		}
		if n := r.Waiting(); n != 0 {
			t.Errorf("%d contacts", n)
		}
	})
}

// Redirected phones, however many, push no unregistered phone's source out of memory.
func TestStrangersStayKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newRecorder(t)
		stranger := contact(1, store.Unregistered)
		r.Record(stranger)
		for n := range 1<<16 + 9 {
			r.Record(contact(n+2, store.Redirected))
		}
		if !r.Knows(stranger.MAC, store.SourceOf(stranger.From)) {
			t.Error("forgotten")
		}
	})
}

// At least the latest 65,536 pairs are known, and at most twice as many.
func TestForgetsPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := newRecorder(t)
		const most = 1 << 16
		here := store.SourceOf(netip.MustParseAddr("192.0.2.7"))
		answered := func(from, to int) {
			for n := from; n < to; n++ {
				r.Answered(phone(n), here, false)
			}
		}
		answered(0, most)
		answered(most, 2*most-1)
		if !r.Knows(phone(most-1), here) || !r.Knows(phone(0), here) {
			t.Error("one of the latest, or one that was asked for, is forgotten")
		}
		answered(2*most, 4*most)
		if r.Knows(phone(most+1), here) || !r.Knows(phone(3*most), here) {
			t.Error("the wrong one is forgotten")
		}
	})
}
