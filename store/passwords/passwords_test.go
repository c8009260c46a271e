package passwords

import (
	"context"
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

var here = netip.MustParseAddr("192.0.2.7")

// A lab is a Checker over a real store, with an account acme and a count of the
// hashes that were worked out.
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

// check wants a check to end with an error, after so many hashes.
func (l *lab) check(name, password string, want error, hashes int64) {
	l.Helper()
	before := l.hashes.Load()
	a, err := l.Check(l.Context(), name, password, here)
	if !errors.Is(err, want) || (err == nil) != (string(a.Name) == name && a.ID != 0) {
		l.Errorf("%s with %q: %+v, %v; want %v", name, password, a, err, want)
	}
	if n := l.hashes.Load() - before; n != hashes {
		l.Errorf("%s with %q: %d hashes, want %d", name, password, n, hashes)
	}
}

// Whoever is not let in costs a hash, too: else the time it takes would tell
// which accounts there are.
func TestCheck(t *testing.T) {
	l := newLab(t)
	l.add("bare", "")
	for name, pw := range map[string]string{
		"acme": password + "x", "bare": "", "nobody": password, "../x\x1b": password, "": "", "ACME": password,
	} {
		l.check(name, pw, store.ErrDenied, 1)
	}
	l.check("acme", "", store.ErrDenied, 1)
	l.check("acme", strings.Repeat("x", 1<<20), store.ErrDenied, 1)
	l.check("acme", password, nil, 1)
	if a, err := l.Check(t.Context(), "acme", password, here); err != nil || a.PasswordHash != l.acme.PasswordHash {
		t.Errorf("%+v, %v", a, err)
	}
	l.update(func(a *store.Account) { a.Disabled = true })
	l.check("acme", password, store.ErrDenied, 1)
}

func TestRightOnesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.check("acme", password, nil, 1)
		for range 1000 {
			l.check("acme", password, nil, 0)
		}
		l.check("acme", password+"x", store.ErrDenied, 1)
		l.check("acme", "", store.ErrDenied, 1)
		l.check("acme", password, nil, 0)
		l.add("bravo", l.acme.PasswordHash) // what is right of one is nothing of another
		l.check("bravo", password, nil, 1)

		time.Sleep(rememberFor - time.Second)
		l.check("acme", password, nil, 0)
		time.Sleep(time.Second)
		l.check("acme", password, nil, 1)
		if len(l.right) != 1 {
			t.Errorf("%d are remembered: those that are over should be gone", len(l.right))
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

// A tool that asks many things at once is let in once.
func TestManyAtOnce(t *testing.T) {
	l := newLab(t)
	var wg sync.WaitGroup
	for range maxWaitingAHost {
		wg.Go(func() {
			if _, err := l.Check(t.Context(), "acme", password, here); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := l.hashes.Load(); n != 1 {
		t.Errorf("%d hashes", n)
	}
	if l.queue.waiting != 0 || len(l.queue.hosts) != 0 {
		t.Errorf("%d are left in the queue", l.queue.waiting)
	}
}

// A crowd of strangers keeps a host out that is not known, and makes one wait
// from which a password was right that day.
func TestKnownHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		known, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:0:1::1")
		in := func(from netip.Addr) error {
			_, err := l.Check(t.Context(), "acme", password, from)
			return err
		}
		if err := in(known); err != nil {
			t.Fatal(err)
		}
		var leaves []func()
		crowd := func() {
			leave, err := l.queue.enter(t.Context(), here, false)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
			l.queue.most = 1
		}
		time.Sleep(rememberFor)
		crowd()
		if err := in(other); err != store.ErrBusy {
			t.Errorf("%v", err)
		}
		done := make(chan error, 2*maxWaitingAHost)
		for range cap(done) {
			go func() { done <- in(known.Next()) }()
		}
		synctest.Wait()
		leaves[0]()
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		time.Sleep(knownFor)
		crowd()
		if err := in(known); err != store.ErrBusy {
			t.Errorf("a day later: %v", err)
		}
		leaves[1]()
		if err := in(other); err != nil || len(l.known) != 1 {
			t.Errorf("%v, %d are known", err, len(l.known))
		}
	})
}

// What happens to an account while a check waits counts.
func TestChangedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		leave, err := l.queue.enter(t.Context(), here, false)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			_, err := l.Check(t.Context(), "acme", password, here)
			done <- err
		}()
		synctest.Wait()
		l.update(func(a *store.Account) { a.Disabled = true })
		leave()
		if err := <-done; err != store.ErrDenied {
			t.Errorf("%v", err)
		}
	})
}

// What is remembered is nothing to who has not the key, or the name.
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

// A store that fails is told as what it is, and denies nobody.
func TestAFailingStore(t *testing.T) {
	l := newLab(t)
	failing := errors.New("no disk")
	l.Checker = New(failsToLookUp{failing})
	if _, err := l.Check(t.Context(), "acme", password, here); err != failing {
		t.Errorf("%v", err)
	}
}

type failsToLookUp struct{ error }

func (f failsToLookUp) AccountNamed(store.Name) (store.Account, error) {
	return store.Account{}, f.error
}

// A cancelled check is let go, and what it held as well.
func TestCancelled(t *testing.T) {
	l := newLab(t)
	leave, err := l.queue.enter(t.Context(), here, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, from := range []string{"192.0.2.7", "192.0.2.8"} {
		if _, err := l.Check(ctx, "acme", password, netip.MustParseAddr(from)); err != context.Canceled {
			t.Errorf("%s: %v", from, err)
		}
	}
	leave()
	l.check("acme", password, nil, 1)
}
