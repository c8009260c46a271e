package passwords

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"

	"snomredirect/store"
)

// A host with many checks delays another one by a single check.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(maxWaiting, maxWaitingAHost)
		next := make(chan struct{})
		var served []string
		check := func(from string) {
			go func() {
				leave, err := q.enter(t.Context(), netip.MustParseAddr(from), false)
				if err != nil {
					t.Error(err)
					return
				}
				served = append(served, from)
				<-next
				leave()
			}()
			synctest.Wait()
		}
		for range 5 {
			check("192.0.2.1")
		}
		for range 2 {
			check("2001:db8::1")
		}
		check("192.0.2.3")
		check("2001:db8::ffff") // the same host
		for range 9 {
			next <- struct{}{}
			synctest.Wait()
		}
		if want := []string{"192.0.2.1", "2001:db8::1", "192.0.2.3"}; len(served) != 9 || !slices.Equal(served[:3], want) {
			t.Errorf("served %v, want %v first", served, want)
		}
		if q.waiting != 0 || len(q.hosts) != 0 || len(q.running) != 0 {
			t.Errorf("%d checks are left", q.waiting)
		}
	})
}

func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, aHost = 6, 4
		q := newQueue(limit, aHost)
		leave, err := q.enter(t.Context(), netip.MustParseAddr("192.0.2.1"), false)
		if err != nil {
			t.Fatal(err)
		}
		wait := func(from string) {
			go func() {
				leave, err := q.enter(t.Context(), netip.MustParseAddr(from), false)
				if err != nil {
					t.Error(err)
					return
				}
				leave()
			}()
			synctest.Wait()
		}
		busy := func(from string) {
			t.Helper()
			if _, err := q.enter(t.Context(), netip.MustParseAddr(from), false); !errors.Is(err, store.ErrBusy) {
				t.Errorf("%s: %v", from, err)
			}
		}
		for range aHost - 1 {
			wait("192.0.2.1")
		}
		busy("192.0.2.1")
		busy("::ffff:192.0.2.1")
		for _, from := range []string{"192.0.2.2", "2001:db8::1"} {
			wait(from)
		}
		busy("192.0.2.3")
		leave()
		synctest.Wait()
		wait("192.0.2.1")
		if q.waiting != 0 || len(q.hosts) != 0 {
			t.Errorf("%d checks are left", q.waiting)
		}
	})
}
