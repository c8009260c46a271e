package files

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// What an account's phones have not received yet is bounded. Those who wait for that get it
// in the end, or give up, and no other account waits.
func TestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inFlight{accounts: map[store.AccountID]*flight{}}
		var all []func()
		for range maxInFlight / store.MaxFileSize {
			land, err := f.take(t.Context(), 1, store.MaxFileSize)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, land)
		}
		begun := time.Now()
		if _, err := f.take(t.Context(), 1, 1); !errors.Is(err, errInFlight) || time.Since(begun) != flightWait {
			t.Error(err, time.Since(begun))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.take(ctx, 1, 1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		other, err := f.take(t.Context(), 2, store.MaxFileSize)
		if err != nil {
			t.Error(err)
		}
		time.AfterFunc(time.Second, all[0])
		land, err := f.take(t.Context(), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, land := range append(all[1:], land, other) {
			land()
		}
		if len(f.accounts) != 0 {
			t.Errorf("%d accounts are left", len(f.accounts))
		}
	})
}

// What a phone has received counts no more. One that waits in vain is told to try again, and
// its fetch is not recorded.
func TestBusy(t *testing.T) {
	m := newStore(t)
	c, outcomes, fetches := newTest(m)
	size := maxInFlight
	c.ParseTemplate = func(store.FileName, []byte) (Template, error) { return largeTemplate{"${name}", &size}, nil }
	h := New(c)
	path := "/" + m.token + "/keys-" + own + ".xml"
	for range 3 {
		if w := get(h, http.MethodGet, path); w.Code != http.StatusOK {
			t.Error(w.Code)
		}
	}
	*outcomes, *fetches = nil, nil
	size++
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx))
	if w.Code != http.StatusServiceUnavailable || w.Body.String() != "busy: try again later\n" || len(*fetches) > 0 || (*outcomes)[0] != Busy {
		t.Error(w.Code, w.Body, *outcomes, *fetches)
	}
}

// A largeTemplate counts as a text of some size.
type largeTemplate struct {
	text
	size *int
}

func (l largeTemplate) Size(map[string]string, string) (int, error) { return *l.size, nil }
