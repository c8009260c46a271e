package passwords

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// from returns the nth address of a network of its own.
func from(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// takes checks a password, and checks the error and how long that takes.
func (l *lab) takes(name, password string, from netip.Addr, want error, seconds float64) {
	l.Helper()
	begun := time.Now()
	_, err := l.Check(l.Context(), name, password, from)
	if took := time.Since(begun).Seconds(); err != want || took < seconds || took > seconds+0.9 {
		l.Errorf("%s from %v: %v after %.2f s; want %v after %v s", name, from, err, took, want, seconds)
	}
}

// The delays of one host grow, whatever names it tries, up to ten seconds. They are
// forgotten after a while.
func TestDelaysOfAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		for i, seconds := range []float64{0, 0, 0, 1, 2, 4, 8, 10, 10} {
			l.takes(fmt.Sprintf("nobody%d", i), "x", client, store.ErrDenied, seconds)
		}
		l.takes("acme", password, client, nil, 10)
		l.takes("acme", password, client, nil, 0) // remembered
		time.Sleep(rememberFor)
		l.takes("nobody", "x", client, store.ErrDenied, 0)
		l.takes("nobody", "x", client, store.ErrDenied, 10) // not forgotten: there were other names
		l.takes("nobody", "x", from(1), store.ErrDenied, 0) // another host
		time.Sleep(forgetAfter)
		l.takes("nobody", "x", client, store.ErrDenied, 0)
	})
}

// A person who has mistyped a password has no delays after the right one.
func TestDelaysEndWithASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		for _, seconds := range []float64{0, 0, 0, 1} {
			l.takes("ACME", "x", client, store.ErrDenied, seconds)
		}
		l.takes("acme", password, client, nil, 2)
		for _, seconds := range []float64{0, 0, 0, 1} {
			l.takes("acme", "x", client, store.ErrDenied, seconds)
		}
	})
}

// Attack: many hosts guess one password. Each waits, and for as long if no account has
// that name.
func TestDelaysOfAName(t *testing.T) {
	for _, name := range []string{"acme", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t)
			for n, seconds := range []float64{0, 0, 0, 1, 2, 4, 8, 10} {
				l.takes(name, "x", from(100+n), store.ErrDenied, seconds)
			}
		})
	}
}

// Many hosts that guess the password of an account don't lock it out: a host that is
// known for it does not wait, and a new one some ten seconds.
func TestNoAccountIsLockedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.takes("acme", password, client, nil, 0)
		l.Remember(l.acme.ID, from(1)) // a login with a key
		time.Sleep(rememberFor)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		const guessers = 100
		l.matches = func(_ store.PasswordHash, tried string) bool { return tried == password } // real hashes would take long
		for n := range guessers {
			go func() {
				for ctx.Err() == nil {
					_, _ = l.Check(ctx, "acme", "x", from(1000+n))
				}
				ended <- struct{}{}
			}()
		}
		time.Sleep(time.Minute)
		l.takes("acme", password, client, nil, 0)
		time.Sleep(rememberFor)
		l.takes("acme", password, from(1), nil, 0)
		time.Sleep(rememberFor)
		begun := time.Now()
		if _, err := l.Check(ctx, "acme", password, from(2)); err != nil || time.Since(begun) > maxDelay+time.Second {
			t.Errorf("from a new host: %v after %v", err, time.Since(begun))
		}
		cancel()
		for range guessers {
			<-ended
		}
		if l.delays.total != 0 || len(l.delays.waiting) != 0 {
			t.Errorf("%d checks wait", l.delays.total)
		}
	})
}

// Attack: a host sends many wrong passwords at the same time. They are checked one
// after another with the same delays, and hold up no other host.
func TestConcurrentGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		errs := make(chan error)
		for n := range 3 * maxDelayedAHost {
			go func() {
				_, err := l.Check(ctx, fmt.Sprintf("nobody%d", n), "x", client)
				errs <- err
			}()
		}
		time.Sleep(500 * time.Millisecond)
		l.takes("acme", password, from(1), nil, 0)
		count := map[error]int{}
		for range 3 * maxDelayedAHost {
			count[<-errs]++
		}
		// 0, 0, 0, 1, 3, 7, 15 and 25 seconds after the begin.
		if n := count[store.ErrDenied]; n != 8 || count[store.ErrBusy] < maxDelayedAHost || count[context.DeadlineExceeded] == 0 {
			t.Errorf("%v, want 8 checked", count)
		}
	})
}

// A delay ends with its context, holds nothing up, and the number of waiting checks
// is bounded.
func TestDelaysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDelays()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		for n := range maxDelayed {
			go func() { ended <- d.wait(ctx, store.HostOf(from(n/maxDelayedAHost)), false, time.Hour) }()
		}
		synctest.Wait()
		for _, host := range []int{0, 1000} {
			if err := d.wait(ctx, store.HostOf(from(host)), false, time.Second); err != store.ErrBusy {
				t.Errorf("%v", err)
			}
			if err := d.wait(ctx, store.HostOf(from(host)), true, time.Second); err != nil {
				t.Errorf("a known host: %v", err)
			}
		}
		cancel()
		for range maxDelayed {
			if err := <-ended; err != context.Canceled {
				t.Errorf("%v", err)
			}
		}
		for n := range 2 * maxFailures {
			d.failed(store.HostOf(from(n)), nameSum{byte(n), byte(n >> 8), byte(n >> 16)})
		}
		if hosts, names := d.hosts.Len(), d.names.Len(); hosts != maxFailures || names != maxFailures {
			t.Errorf("%d hosts and %d names are remembered", hosts, names)
		}
	})
}

// Wrong signatures are delayed as wrong passwords are, and together with them.
func TestDelaysOfSignatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		refused := func(name string, from netip.Addr, seconds float64) {
			t.Helper()
			begun := time.Now()
			if err := l.Refuse(t.Context(), name, from); err != store.ErrDenied || time.Since(begun).Seconds() != seconds {
				t.Errorf("%s from %v: %v after %v; want %v s", name, from, err, time.Since(begun), seconds)
			}
		}
		for _, seconds := range []float64{0, 0, 0, 1, 2} {
			refused("api a", client, seconds)
		}
		refused("api a", from(1), 4) // of the name
		refused("api b", from(2), 0)
		l.takes("nobody", "x", client, store.ErrDenied, 0)
		l.takes("acme", password, client, nil, 8)
		refused("api a", from(3), 0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Refuse(ctx, "api a", from(4)); err != context.Canceled {
			t.Error(err)
		}
	})
}
