package census

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// phones are n registered phones, of which every third has called, every second is of
// account 2, and the first half has been registered for 90 days; the others a bit less.
type phones struct {
	n   int
	mu  sync.Mutex
	err error // of each page
}

func (f *phones) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *phones) page(owner store.AccountID, after macaddr.Addr, n int) (page []store.Phone, err error) {
	next := 0
	if after.IsValid() {
		b := after.As6()
		next = int(b[3])<<16 + int(b[4])<<8 + int(b[5]) + 1
	}
	for ; next < f.n && len(page) < n; next++ {
		mac, err := macaddr.From6([6]byte{0, 4, 0x13, byte(next >> 16), byte(next >> 8), byte(next)})
		if err != nil {
			return nil, err
		}
		registered := time.Now().Add(-longSilent)
		if next >= f.n/2 {
			registered = registered.Add(time.Second)
		}
		page = append(page, store.Phone{MAC: mac, Owner: store.AccountID(1 + next%2), Registered: registered})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return page, f.err
}

func (f *phones) contact(mac macaddr.Addr) (store.Contact, error) {
	b := mac.As6()
	if (int(b[3])<<16+int(b[4])<<8+int(b[5]))%3 == 0 {
		return store.Contact{MAC: mac}, nil
	}
	return store.Contact{}, store.ErrNotFound
}

func newCensus(f *phones, log *strings.Builder) *Census {
	return New(Config{
		Phones:      f.page,
		CountPhones: func() (int, error) { return f.n, nil },
		Contact:     f.contact,
		Guard:       func(_ string, run func()) bool { run(); return true },
		Log:         slog.New(slog.NewTextHandler(log, nil)),
	})
}

func TestCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &phones{n: 3 * pageSize}
		s := newCensus(f, &strings.Builder{})
		defer s.Close()
		r, err := s.Count(t.Context())
		if want := (Counts{750, 500, 250}); err != nil || len(r.Accounts) != 2 || r.Accounts[1] != want || r.Accounts[2] != want || !r.At.Equal(time.Now()) {
			t.Errorf("%+v, %v; want %+v of each", r, err, want)
		}
		f.n = 0
		if r, err := s.Count(t.Context()); err != nil || len(r.Accounts) > 0 {
			t.Errorf("no phones: %+v, %v", r, err)
		}
		failure := errors.New("no disk")
		f.fail(failure)
		if _, err := s.Count(t.Context()); err != failure {
			t.Errorf("%v, want %v", err, failure)
		}
	})
}

// Many phones are counted only in the background; a store that fails is tried again.
func TestCountInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		f := &phones{n: maxAtOnce + 10}
		f.fail(errors.New("no disk"))
		s := newCensus(f, &log)
		time.Sleep(first)
		synctest.Wait()
		if r, err := s.Count(t.Context()); err != nil || !r.At.IsZero() || strings.Count(log.String(), "no disk") != 1 {
			t.Errorf("%+v, %v\n%s", r, err, &log)
		}
		f.fail(nil)
		time.Sleep(every)
		synctest.Wait()
		if r, err := s.Count(t.Context()); err != nil || r.Accounts[1].Phones+r.Accounts[2].Phones != f.n {
			t.Errorf("%+v, %v", r, err)
		}
		s.Close()
	})
}
