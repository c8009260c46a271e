package pnp

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"snomredirect/store"
)

// at is a shorthand for what arrives from an address.
func at(remote netip.AddrPort, text string) datagram {
	return datagram{path{remote, service, 2}, []byte(text)}
}

// confirmation returns the response of a phone to the NOTIFY of a SUBSCRIBE.
func confirmation(status, callID string) string {
	return "SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP 192.168.10.1:5060;branch=z9hG4bKtoken2\r\nCall-ID: " + callID + "\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"
}

const callID = "1930770594@192.168.10.67"

func TestNotifyIsRepeatedUntilConfirmed(t *testing.T) {
	for confirmedAfter, want := range map[time.Duration]int{
		0: 0, 400 * time.Millisecond: 0, 600 * time.Millisecond: 1, 1100 * time.Millisecond: 2, 2100 * time.Millisecond: 3, time.Hour: 3,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, always)
			_, answers, _ := b.handle(at(phone, capture(t, "snom360")), time.Now())
			time.Sleep(confirmedAfter)
			synctest.Wait()
			_, replies, o := b.handle(at(phone, confirmation("200 OK", callID)), time.Now())
			if o != Confirmed || replies != nil {
				t.Errorf("after %v: %s", confirmedAfter, o)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if got := b.repetitions(); got != want {
				t.Errorf("confirmed after %v: %d repetitions, want %d", confirmedAfter, got, want)
			}
			for _, d := range b.repeated {
				if string(d.data) != string(answers[1].data) || d.path != route {
					t.Errorf("repeated %q on %v", d.data, d.path)
				}
			}
			if _, _, o := b.handle(at(phone, confirmation("200 OK", callID)), time.Now()); o != Repeated {
				t.Errorf("confirmed again: %s", o)
			}
		})
	}
}

func TestNotifyIsRepeatedAtTheseTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always)
		b.handle(at(phone, capture(t, "snom360")), time.Now())
		start := time.Now()
		for n, when := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
			time.Sleep(time.Until(start.Add(when - 1)))
			synctest.Wait()
			if got := b.repetitions(); got != n {
				t.Errorf("before %v: %d", when, got)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if got := b.repetitions(); got != n+1 {
				t.Errorf("after %v: %d", when, got)
			}
		}
	})
}

// Nobody else can end what a phone waits for.
func TestOnlyThePhoneConfirms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always)
		b.handle(at(phone, capture(t, "snom360")), time.Now())
		for _, other := range []datagram{
			at(netip.MustParseAddrPort("192.168.10.68:2058"), confirmation("200 OK", callID)),
			at(netip.AddrPortFrom(phone.Addr(), 2059), confirmation("200 OK", callID)),
			at(phone, confirmation("200 OK", "other")),
			at(phone, confirmation("100 Trying", callID)),
		} {
			if _, _, o := b.handle(other, time.Now()); o != Stray {
				t.Errorf("%v: %s", other, o)
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := b.repetitions(); got != 3 {
			t.Errorf("%d repetitions", got)
		}
	})
}

func TestRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always)
		b.handle(at(phone, capture(t, "snom360")), time.Now())
		if _, _, o := b.handle(at(phone, confirmation("481 Unknown", callID)), time.Now()); o != Rejected {
			t.Error(o)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := b.repetitions(); got != 0 {
			t.Errorf("%d repetitions", got)
		}
	})
}

func TestRetransmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []Subscription
		b := newBench(t, func(s Subscription) store.URL { asked = append(asked, s); return target })
		_, first, _ := b.handle(at(phone, capture(t, "snom360")), time.Now())
		for range 3 {
			time.Sleep(3 * time.Second)
			about, again, o := b.handle(at(phone, capture(t, "snom360")), time.Now())
			if o != Repeated || len(again) != 1 || string(again[0].data) != string(first[0].data) {
				t.Errorf("%s, %v", o, again)
			}
			if about.MAC.String() != "0004132314A4" || about.From != phone {
				t.Errorf("%v", about)
			}
		}
		if len(asked) != 1 || asked[0].From != phone || asked[0].Model != "snom360" {
			t.Errorf("asked %v", asked)
		}
		if _, _, o := b.handle(at(phone, replaced(t, capture(t, "snom360"), "MAC%3a0004132314A4@VON SIP", "MAC%3a0004132314A5@VON SIP")), time.Now()); o != Malformed {
			t.Errorf("another MAC in the dialog: %s", o)
		}
		time.Sleep(time.Second) // ten since the first
		_, later, o := b.handle(at(phone, capture(t, "snom360")), time.Now())
		if o != Answered || len(later) != 2 || string(later[0].data) == string(first[0].data) || len(asked) != 2 {
			t.Errorf("later: %s, %v, asked %d times", o, later, len(asked))
		}
	})
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := newBench(t, func(Subscription) store.URL { asked++; return store.URL{} })
		for n, want := range []Outcome{Silent, Repeated, Repeated} {
			_, answers, o := b.handle(at(phone, capture(t, "snom360")), time.Now())
			if o != want || answers != nil {
				t.Errorf("%d: %s, %v", n, o, answers)
			}
			time.Sleep(time.Second)
		}
		if _, _, o := b.handle(at(phone, confirmation("200 OK", callID)), time.Now()); o != Stray {
			t.Errorf("confirmed: %s", o)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if asked != 1 || b.repetitions() != 0 {
			t.Errorf("asked %d times, sent %d", asked, b.repetitions())
		}
	})
}

func TestCloseEndsRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, always)
		b.handle(at(phone, capture(t, "snom360")), time.Now())
		b.close()
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := b.repetitions(); got != 0 {
			t.Errorf("%d repetitions", got)
		}
	})
}

func TestUnsent(t *testing.T) {
	for _, c := range []struct {
		err  error
		logs int
	}{{syscall.ENETUNREACH, 1}, {net.ErrClosed, 0}} {
		b := newBench(t, always)
		sent := 0
		b.send = func(datagram) error { sent++; return c.err }
		var seen []Outcome
		b.Observe = func(o Outcome) { seen = append(seen, o) }
		b.receive(at(phone, capture(t, "snom360")))
		if sent != 1 || !slices.Equal(seen, []Outcome{Unsent}) {
			t.Errorf("%v: sent %d, %v", c.err, sent, seen)
		}
		if got := strings.Count(b.log.String(), "sending failed"); got != c.logs {
			t.Errorf("%v: %d lines: %s", c.err, got, b.log)
		}
		b.close()
	}
}

func TestPanic(t *testing.T) {
	fail := true
	b := newBench(t, func(Subscription) store.URL {
		if fail {
			panic("on purpose")
		}
		return target
	})
	if _, answers, o := b.handle(at(phone, capture(t, "snom360")), time.Now()); o != Panicked || answers != nil {
		t.Errorf("%s, %v", o, answers)
	}
	if !strings.Contains(b.log.String(), "on purpose") {
		t.Errorf("log: %s", b.log)
	}
	fail = false
	if _, _, o := b.handle(at(phone, capture(t, "snom360")), time.Now()); o != Answered {
		t.Errorf("after the panic: %s", o)
	}
}
