package scan

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func mac(n int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("%012X", 0x000413000000+n)) }

func from(s string) netip.Addr { return netip.MustParseAddr(s) }

// A lab has a Limiter, and learns as the recorder does.
type lab struct {
	*Limiter
	t     *testing.T
	log   bytes.Buffer
	mu    sync.Mutex
	known map[string]bool
	owned map[macaddr.Addr]store.AccountID // registered phones

	reports []store.Entry
	looked  int   // how often Owner was called
	fail    error // of Report
}

func newLab(t *testing.T, limit int) *lab {
	l := &lab{t: t, known: map[string]bool{}, owned: map[macaddr.Addr]store.AccountID{}}
	l.Limiter = New(Config{
		Limit: limit, Refill: 24 * time.Hour,
		Knows: func(mac macaddr.Addr, source store.Source) bool { return l.known[fmt.Sprint(mac, source)] },
		Owner: func(mac macaddr.Addr) (store.AccountID, error) {
			l.mu.Lock()
			l.looked++
			l.mu.Unlock()
			if owner := l.owner(mac); owner != 0 {
				return owner, nil
			}
			return 0, store.ErrNotFound
		},
		Report: func(entries []store.Entry) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.fail == nil {
				l.reports = append(l.reports, entries...)
			}
			return l.fail
		},
		Log: slog.New(slog.NewTextHandler(&l.log, nil)),
	})
	t.Cleanup(l.Close)
	return l
}

// own registers a phone.
func (l *lab) own(n int, owner store.AccountID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owned[mac(n)] = owner
}

// owner returns who has registered a phone, or 0.
func (l *lab) owner(mac macaddr.Addr) store.AccountID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owned[mac]
}

// setFail sets whether reports fail.
func (l *lab) setFail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// ask requests a phone from a source as the handler does, and reports whether it is
// answered.
func (l *lab) ask(n int, from netip.Addr) bool {
	price := l.Take(mac(n), from, false)
	if price == TooMuch {
		return false
	}
	if price == Miss && l.owner(mac(n)) != 0 {
		l.Hit(from)
	}
	l.known[fmt.Sprint(mac(n), store.SourceOf(from))] = true
	return true
}

// answered requests phones from a source, and checks how many are answered.
func (l *lab) answered(first, n int, from netip.Addr, want int) {
	l.t.Helper()
	got := 0
	for i := range n {
		if l.ask(first+i, from) {
			got++
		}
	}
	if got != want {
		l.t.Errorf("%v: %d of %d are answered, want %d", from, got, n, want)
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 200)
		a := from("192.0.2.1")
		l.answered(0, 12_000, a, 200)
		l.answered(0, 200, a, 200) // known now
		l.answered(5000, 9, from("198.51.100.1"), 9)
		time.Sleep(24*time.Hour/200 - 1)
		l.answered(1000, 9, a, 0)
		time.Sleep(2 * time.Nanosecond)
		l.answered(1000, 9, a, 1)
		time.Sleep(48 * time.Hour) // never more than full
		l.answered(2000, 999, a, 200)

		// Hits cost a tenth, so a site with many registered phones is undisturbed, and
		// a dense range can't be read.
		b := from("2001:db8::1")
		for i := range 9999 {
			l.own(20_000+i, 1)
		}
		l.answered(20_000, 1000, b, 1000)
		l.answered(40_000, 50, b.Next(), 50) // the same /48
		l.answered(20_000, 1000, b, 1000)
		l.answered(21_000, 5000, b, 491) // the last whole miss is not spent in tenths
	})
}

// A request that contradicts itself is a miss each time, also for a known phone.
func TestDoubtful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 3)
		a := from("192.0.2.1")
		l.own(1, 1)
		l.answered(1, 1, a, 1)
		for range 2 {
			if price := l.Take(mac(1), a, true); price != Miss {
				t.Error(price)
			}
		}
		if price := l.Take(mac(1), a, true); price != TooMuch {
			t.Error(price)
		}
		l.answered(1, 1, a, 1)
	})
}

// A /24 has the budgets of four sources, and no source takes another's in vain.
func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 10)
		total := 0
		for host := range 256 {
			a := netip.AddrFrom4([4]byte{192, 0, 2, byte(host)})
			for i := range 20 {
				if l.ask(host*100+i, a) {
					total++
				}
			}
		}
		if total != 40 {
			t.Errorf("%d are answered", total)
		}
		l.answered(0, 20, from("192.0.3.1"), 10)
		for n := range 20 {
			l.answered(n*100, 20, netip.AddrFrom16([16]byte{32, 1, 13, 184, byte(n)}), 10)
		}
	})
}

// Being throttled is logged at most once an hour for a source.
func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 2)
		logged := func(want int) {
			t.Helper()
			synctest.Wait()
			if got := strings.Count(l.log.String(), `level=INFO msg="too many unknown MACs requested" from=192.0.2.1`); got != want {
				t.Errorf("logged %d times, want %d:\n%s", got, want, l.log.String())
			}
		}
		a := from("192.0.2.1")
		l.answered(0, 2, a, 2)
		logged(0)
		l.answered(2, 50, a, 0)
		logged(1)
		time.Sleep(time.Hour - 1)
		l.answered(2, 50, a, 0)
		logged(1)
		time.Sleep(time.Nanosecond)
		l.answered(2, 50, a, 0)
		logged(2)
	})
}

// A source whose network is throttled has used nothing of its own budget, and all its
// requests are reported.
func TestReportOfANetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 10)
		for host := range byte(4) {
			l.answered(int(host)*100, 10, netip.AddrFrom4([4]byte{192, 0, 2, host}), 10)
		}
		l.own(1001, 1)
		l.own(1002, 1)
		l.answered(1000, 10, from("192.0.2.200"), 0)
		time.Sleep(reportEvery)
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.reports) != 1 || len(l.reports[0].MACs) != 1 || l.reports[0].MACs[0].Len() != 2 || l.reports[0].Audit.Detail != "among 10 requests for unknown MACs" {
			t.Errorf("%+v", l.reports)
		}
	})
}

// The tables are bounded.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 2)
		for n := range maxSources + 9 {
			l.Take(mac(n), netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), false)
			l.Take(mac(n), netip.AddrFrom4([4]byte{byte(n >> 8), byte(n), 1, 1}), false)
		}
		if s, n := l.sources.Len(), l.networks.Len(); s != maxSources || n != maxNetworks {
			t.Errorf("%d sources, %d networks", s, n)
		}
	})
}

// Owners see which of their phones a throttled source has requested since its budget
// was full, answered or not: at most once an hour.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 20)
		a := from("192.0.2.1")
		for n, owner := range map[int]store.AccountID{3: 1, 4: 1, 30: 1, 7: 2, 40: 2, 90: 1} {
			l.own(n, owner)
		}
		reported := func(want ...string) {
			t.Helper()
			time.Sleep(reportEvery)
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			all := map[string]bool{}
			for _, e := range l.reports {
				all[fmt.Sprint(e.Account, " ", e.Audit.RemoteAddr, " ", e.Audit.Command, " ", e.MACs, " ", e.Audit.Detail)] = true
				if e.Class() != store.FromStrangers {
					t.Errorf("class %v", e.Class())
				}
			}
			if len(all) != len(want) || len(l.reports) != len(want) {
				t.Errorf("reported %v, want %q", all, want)
			}
			for _, w := range want {
				if !all[w] {
					t.Errorf("reported %v, want %q", all, w)
				}
			}
			l.reports = nil
		}
		l.answered(0, 10, a, 10)
		reported() // not throttled
		if l.looked != 0 {
			t.Errorf("the owners of %d phones were looked up", l.looked)
		}
		l.setFail(errors.New("disk full"))
		l.answered(10, 40, a, 12)
		reported()
		l.setFail(nil)
		reported("1 192.0.2.1 SCAN [000413000003-000413000004 00041300001E] among 50 requests for unknown MACs", "2 192.0.2.1 SCAN [000413000007 000413000028] among 50 requests for unknown MACs")
		if n := strings.Count(l.log.String(), "disk full"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		l.answered(90, 1, a, 0)
		reported()
		time.Sleep(ownerEvery - reportEvery)
		reported("1 192.0.2.1 SCAN [00041300005A] among 51 requests for unknown MACs")

		// A known phone is the source's own, and a later scan is another one.
		time.Sleep(48 * time.Hour)
		l.answered(3, 2, a, 2)
		l.answered(100, 30, a, 20)
		l.answered(7, 1, a, 1)
		l.answered(40, 1, a, 0)
		reported("2 192.0.2.1 SCAN [000413000028] among 31 requests for unknown MACs")
	})
}

// What a source with a large budget has requested is not all kept until it is throttled,
// but the phones among it are.
func TestReportOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, 3*maxScanned)
		a := from("192.0.2.1")
		for n := range 3 {
			l.own(1+n*maxScanned, 1)
		}
		l.answered(0, 2*maxScanned+9, a, 2*maxScanned+9)
		synctest.Wait()
		if l.looked != 2*maxScanned {
			t.Errorf("the owners of %d phones were looked up", l.looked)
		}
		l.answered(2*maxScanned+9, 2*maxScanned, a, maxScanned-7) // three were registered
		time.Sleep(reportEvery)
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.reports) != 1 || fmt.Sprint(l.reports[0].MACs) != "[000413000001 000413000401 000413000801]" {
			t.Errorf("%+v", l.reports)
		}
	})
}

// A store that panics makes no source's requests grow.
func TestOwnerPanics(t *testing.T) {
	l := &Limiter{config: Config{Owner: func(macaddr.Addr) (store.AccountID, error) { panic("damaged") }}}
	scans := newTable[*scan](1)
	for i := range 10 {
		func() {
			defer func() { _ = recover() }()
			l.gather(scans, ask{mac: mac(i), source: 1, throttled: true})
		}()
	}
	if s, _ := scans.Get(1); s.asked != 10 || len(s.requested) != 0 {
		t.Errorf("%d of %d requests are kept", len(s.requested), s.asked)
	}
}
