package bolt

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

const day = 24 * time.Hour

var otherMAC = macaddr.MustParse("0004132202E5")

// A jumping is a database whose machine's clock can jump.
type jumping struct {
	*testing.T
	*DB
	folder string
	ahead  atomic.Int64 // of the right time
	acme   store.Account
}

func newJumping(t *testing.T) *jumping {
	j := &jumping{T: t, folder: t.TempDir()}
	j.open()
	j.acme = addAccount(t, j.DB, "acme")
	return j
}

func (j *jumping) open() {
	j.Helper()
	var err error
	j.DB, err = Open(j.folder, Config{Hold: time.Hour, wall: func() time.Time { return time.Now().Add(time.Duration(j.ahead.Load())) }})
	if err != nil {
		j.Fatal(err)
	}
}

func (j *jumping) close() {
	j.Helper()
	if err := j.Close(); err != nil {
		j.Fatal(err)
	}
}

// wait lets time pass, and the watch do its work.
func (j *jumping) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hold registers and deregisters a phone.
func (j *jumping) hold() {
	j.Helper()
	for _, rule := range []store.Rule{store.RuleRegister, store.RuleDeregister} {
		mustChange(j.T, j.DB, store.Batch{Audit: store.Audit{Actor: j.acme.ID, Command: "x"}, Rule: rule, Owner: j.acme.ID, Changes: []store.Change{{MAC: testMAC}}})
	}
}

func (j *jumping) wantHeld(when string, want bool) {
	j.Helper()
	p, err := j.Phone(testMAC)
	if held := err == nil && p.Held(); held != want || err != nil && !errors.Is(err, store.ErrNotFound) {
		j.Errorf("%s: on hold %v, %v", when, held, err)
	}
}

func (j *jumping) wantEntries(when string, want int) {
	j.Helper()
	for range 3 { // a change deletes old entries
		if _, err := j.UpdateAccount(store.Audit{Actor: j.acme.ID}, false, j.acme.ID, func(*store.Account) error { return nil }); err != nil {
			j.Fatal(err)
		}
	}
	if n := count(j.T, j.DB, bucketHistory) + count(j.T, j.DB, bucketHistoryAccounts); n != want {
		j.Errorf("%s: %d entries, want %d", when, n, want)
	}
}

// The clock jumps, ahead or back, while the database is open, or while it is closed. A
// hold has as much time left as before, and no entry is thrown out.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{2 * time.Minute, 3 * time.Hour, 400 * day, -2 * time.Minute, -3 * time.Hour, -400 * day} {
		for _, restart := range []bool{false, true} {
			if restart && jump > 0 && jump <= maxAway { // time may have passed while it was closed
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				name := func(s string) string { return jump.String() + ", " + s }
				j := newJumping(t)
				j.hold()
				before := count(t, j.DB, bucketHistory) + count(t, j.DB, bucketHistoryAccounts)
				j.wait(10 * time.Minute)
				if restart {
					j.close()
				}
				j.ahead.Store(int64(jump))
				if restart {
					j.open()
				}
				j.wantHeld(name("jumped"), true)
				j.wantEntries(name("jumped"), before)
				j.wait(45 * time.Minute)
				j.wantHeld(name("45 minutes later"), true)
				j.wait(10 * time.Minute)
				j.wantHeld(name("55 minutes later"), false)
				j.wantEntries(name("55 minutes later"), before)
				j.hold()
				j.wait(55 * time.Minute)
				j.wantHeld(name("again"), true)
				j.ahead.Store(0) // somebody sets it right
				j.wait(time.Minute)
				j.wantHeld(name("set right"), true)
				j.wait(10 * time.Minute)
				j.wantHeld(name("later"), false)
				j.close()
			})
		}
	}
}

// A clock that has jumped far is believed when it has gone on for a week, also across
// restarts. From then on the history goes by it.
func TestClockIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJumping(t)
		before := count(t, j.DB, bucketHistoryAccounts)
		j.ahead.Store(int64(400 * day))
		for range 5 {
			j.wait(day)
			j.close()
			j.wait(time.Hour)
			j.open()
		}
		j.wantEntries("after five days", before)
		j.hold()
		j.wait(30 * time.Minute)
		j.wantHeld("in doubt", true)
		j.wait(3 * day)
		if _, ahead := j.clock.read(); ahead != 0 {
			t.Errorf("still in doubt, %v", ahead)
		}
		j.close()
		j.open()
		if n := count(t, j.DB, bucketHistoryAccounts); n >= before {
			t.Errorf("%d old entries of %d", n, before)
		}
		j.hold()
		j.wait(30 * time.Minute)
		j.wantHeld("believed", true)
		j.wait(31 * time.Minute)
		j.wantHeld("believed, later", false)
		j.close()
	})
}

// A service that was off for weeks goes by the clock at once.
func TestClockAfterWeeksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJumping(t)
		j.hold()
		j.close()
		j.wait(20 * day)
		j.open()
		j.wantHeld("after weeks", false)
		if got := j.clock.now(); time.Since(got).Abs() > time.Second {
			t.Errorf("it is %v", got)
		}
		j.close()
	})
}

// What limits an account by time is moved too.
func TestShift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJumping(t)
		j.hold()
		globex := addAccount(t, j.DB, "globex")
		mustChange(t, j.DB, store.Batch{Audit: store.Audit{Actor: globex.ID}, Rule: store.RuleRegister, Owner: globex.ID, Changes: []store.Change{{MAC: otherMAC}}})
		claim, err := j.MakeClaim(store.Audit{Actor: j.acme.ID}, false, otherMAC, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		j.ahead.Store(int64(-5 * time.Hour))
		j.wait(time.Minute)
		open, err := j.Claims()
		if err != nil || len(open) != 1 || open[0].Until != claim.Until.Add(-5*time.Hour) {
			t.Errorf("claims: %+v, %v", open, err)
		}
		u, err := j.Usage(globex.ID)
		if err != nil || u.NewAt.After(time.Now().Add(-5*time.Hour)) {
			t.Errorf("usage: %+v, %v", u, err)
		}
		if n, ends := count(t, j.DB, bucketHolds), count(t, j.DB, bucketHoldEnds); n != 1 || ends != 1 {
			t.Errorf("%d holds, %d ends", n, ends)
		}
		j.close()
	})
}

func TestClockIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var ahead atomic.Int64
		db, err := Open(t.TempDir(), Config{
			Log:  slog.New(slog.NewTextHandler(&log, nil)),
			wall: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ahead.Store(int64(400 * day))
		for range 10 {
			time.Sleep(watchEvery)
		}
		synctest.Wait()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "the clock has jumped"); n != 1 {
			t.Errorf("%d lines: %s", n, &log)
		}
	})
}
