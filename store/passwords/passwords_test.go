package passwords

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

var client = netip.MustParseAddr("192.0.2.7")

// A lab is a Checker with a real store, an account acme, and a count of the computed
// hashes.
type lab struct {
	*testing.T
	*Checker
	db     *bolt.DB
	acme   store.Account
	hashes atomic.Int64
}

const password = "ABCDEFGHIJKLMNOPQRST"

func newLab(t *testing.T) *lab {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &lab{T: t, Checker: New(db), db: db}
	l.matches = func(h store.PasswordHash, password string) bool {
		l.hashes.Add(1)
		return h.Matches(password)
	}
	l.acme = l.add("acme", store.HashPassword(password))
	return l
}

func (l *lab) add(name store.Name, hash store.PasswordHash) store.Account {
	l.Helper()
	a, err := l.db.AddAccount(store.Audit{}, false, store.Account{Name: name, PasswordHash: hash})
	if err != nil {
		l.Fatal(err)
	}
	return a
}

func (l *lab) update(change func(*store.Account)) {
	l.Helper()
	if _, err := l.db.UpdateAccount(store.Audit{}, false, l.acme.ID, func(a *store.Account) error { change(a); return nil }); err != nil {
		l.Fatal(err)
	}
}

// check checks a password, and checks the error and the number of computed hashes.
func (l *lab) check(name, password string, want error, hashes int64) {
	l.Helper()
	before := l.hashes.Load()
	a, err := l.Check(l.Context(), name, password, client)
	if !errors.Is(err, want) || (err == nil) != (string(a.Name) == strings.ToLower(name) && a.ID != 0) {
		l.Errorf("%s with %q: %+v, %v; want %v", name, password, a, err, want)
	}
	if n := l.hashes.Load() - before; n != hashes {
		l.Errorf("%s with %q: %d hashes, want %d", name, password, n, hashes)
	}
}

// A failed check costs a hash in every case: otherwise its time would reveal which
// accounts exist.
func TestCheck(t *testing.T) { synctest.Test(t, testCheck) }

func testCheck(t *testing.T) {
	l := newLab(t)
	l.add("bare", "")
	for name, pw := range map[string]string{
		"acme": password + "x", "bare": "", "nobody": password, "../x\x1b": password, "": "", "ACMÉ": password,
	} {
		l.check(name, pw, store.ErrDenied, 1)
	}
	l.check("acme", "", store.ErrDenied, 1)
	l.check("acme", strings.Repeat("x", 1<<20), store.ErrDenied, 1)
	l.check("ACME", password, nil, 1)
	l.check("acme", password, nil, 0)
	if a, err := l.Check(t.Context(), "acme", password, client); err != nil || a.PasswordHash != l.acme.PasswordHash {
		t.Errorf("%+v, %v", a, err)
	}
	l.update(func(a *store.Account) { a.Disabled = true })
	l.check("acme", password, store.ErrDenied, 1)
}

func TestCorrectPasswordsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.check("acme", password, nil, 1)
		for range 1000 {
			l.check("acme", password, nil, 0)
		}
		l.check("acme", password+"x", store.ErrDenied, 1)
		l.check("acme", "", store.ErrDenied, 1)
		l.check("acme", password, nil, 0)
		l.add("bravo", l.acme.PasswordHash) // remembered per account
		l.check("bravo", password, nil, 1)

		time.Sleep(rememberFor - time.Second)
		l.check("acme", password, nil, 0)
		time.Sleep(time.Second)
		l.check("acme", password, nil, 1)
		if len(l.correct) != 1 {
			t.Errorf("%d passwords are remembered, want 1: the others have expired", len(l.correct))
		}

		l.update(func(a *store.Account) { a.Disabled = true })
		l.check("acme", password, store.ErrDenied, 1)
		l.update(func(a *store.Account) { a.Disabled = false })
		l.check("acme", password, nil, 0)
		changed := store.HashPassword("CHANGED")
		l.update(func(a *store.Account) { a.PasswordHash = changed })
		l.check("acme", password, store.ErrDenied, 1)
		l.check("acme", "CHANGED", nil, 1)
		l.update(func(a *store.Account) { a.PasswordHash = "" })
		l.check("acme", "CHANGED", store.ErrDenied, 1)
		l.update(func(a *store.Account) { a.PasswordHash = changed })
		l.check("acme", "CHANGED", nil, 0)
		if err := l.db.RemoveAccount(store.Audit{}, false, l.acme.ID); err != nil {
			t.Fatal(err)
		}
		l.check("acme", "CHANGED", store.ErrDenied, 1)
		l.acme = l.add("acme", changed)
		l.check("acme", "CHANGED", nil, 1)
	})
}

// Concurrent requests of a tool cost one hash.
func TestConcurrentChecks(t *testing.T) {
	l := newLab(t)
	var wg sync.WaitGroup
	for range maxWaitingAHost {
		wg.Go(func() {
			if _, err := l.Check(t.Context(), "acme", password, client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := l.hashes.Load(); n != 1 {
		t.Errorf("%d hashes, want 1", n)
	}
	if l.queue.waiting != 0 || len(l.queue.hosts) != 0 {
		t.Errorf("%d checks are left in the queue", l.queue.waiting)
	}
}

// The sums of the same password differ between accounts and between processes.
func TestSums(t *testing.T) {
	l := newLab(t)
	sums := map[[32]byte]bool{}
	for range 2 {
		l.add("bravo", l.acme.PasswordHash)
		for _, name := range []string{"acme", "bravo"} {
			_, sum, err := l.lookUp(name, password)
			if err != nil || sums[sum] {
				t.Errorf("%s: %x, %v", name, sum, err)
			}
			sums[sum] = true
		}
		l = newLab(t)
	}
}

// The error of a failing store is returned, not store.ErrDenied.
func TestFailingStore(t *testing.T) {
	l := newLab(t)
	failing := errors.New("no disk")
	l.Checker = New(failsToLookUp{failing})
	if _, err := l.Check(t.Context(), "acme", password, client); err != failing {
		t.Errorf("%v", err)
	}
}

type failsToLookUp struct{ error }

func (f failsToLookUp) AccountNamed(store.Name) (store.Account, error) {
	return store.Account{}, f.error
}

func (f failsToLookUp) Account(store.AccountID) (store.Account, error) {
	return store.Account{}, f.error
}
