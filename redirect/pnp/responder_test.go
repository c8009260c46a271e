package pnp

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
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
			time.Sleep(1)
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

// numbered returns a SUBSCRIBE with a Call-ID of its own.
func numbered(t testing.TB, n int) string {
	return replaced(t, capture(t, "snom360"), callID, fmt.Sprintf("%d@192.168.10.67", n))
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// 10,000 SUBSCRIBEs a second for ten seconds from one address get as many answers as
// its budget has, and leave nothing in memory.
func TestFloodFromOneAddress(t *testing.T) {
	b := newBench(t, always)
	text := capture(t, "snom360")
	before, now, got := heap(), time.Now(), map[Outcome]int{}
	for n := range 100_000 {
		d := at(phone, strings.Replace(text, callID, fmt.Sprint(n), 1))
		_, answers, o := b.handle(d, now.Add(time.Duration(n)*100*time.Microsecond))
		if (o == Answered) != (len(answers) == 2) || (o == Throttled) != (len(answers) == 0) {
			t.Fatalf("%s: %d answers", o, len(answers))
		}
		got[o]++
	}
	if want := sourceBurst + 10*int(sourceRate); got[Answered] > want || got[Answered] < want-1 || got[Answered]+got[Throttled] != 100_000 {
		t.Errorf("%v, want %d answers", got, want)
	}
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	other := netip.MustParseAddrPort("192.168.10.99:5060")
	if _, _, o := b.handle(at(other, text), now.Add(10*time.Second)); o != Answered {
		t.Errorf("another phone during the flood: %s", o)
	}
}

// A flood from addresses that are all different is bounded too, in answers and memory.
func TestFloodFromAllAddresses(t *testing.T) {
	b := newBench(t, always)
	text := strings.Replace(capture(t, "snom360"), callID, strings.Repeat("c", maxValue), 1)
	before, now, got := heap(), time.Now(), map[Outcome]int{}
	for n := range 50_000 {
		remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 5060)
		_, _, o := b.handle(at(remote, text), now.Add(time.Duration(n)*100*time.Microsecond))
		got[o]++
	}
	if want := allBurst + 5*int(allRate); got[Answered] > want || got[Answered] < want-1 {
		t.Errorf("%v, want %d answers", got, want)
	}
	if b.budget.sources.Len() > maxSources || b.dialogs.Len() > maxDialogs {
		t.Errorf("%d sources, %d dialogs", b.budget.sources.Len(), b.dialogs.Len())
	}
	if grown := int64(heap()) - int64(before); grown > 32<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}

// What is sent is bounded by what has come: a 4 KB datagram has no larger answers than
// another one.
func TestAnswersAreShort(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	text := capture(t, "snom360")
	text = replaced(t, text, "tag=658512961", "tag="+long(200))
	text = replaced(t, text, "To: <sip:MAC%3a0004132314A4@VON>", "To: <sip:MAC%3a0004132314A4@VON>;x="+long(200))
	text = replaced(t, text, callID, long(maxValue))
	text = replaced(t, text, "<sip:192.168.10.67:2058>", "<sip:"+long(200)+">")
	text = replaced(t, text, ";rport", ";rport;x="+long(200))
	text = replaced(t, text, "Accept", "X: "+long(2000)+"\r\nAccept")
	b := newBench(t, func(Subscription) store.URL { return store.RestoreURL("http://" + long(248)) })
	_, answers, o := b.handle(at(phone, text), time.Now())
	if o != Answered {
		t.Fatal(o)
	}
	for _, a := range answers {
		if len(a.data) > 2000 {
			t.Errorf("%d bytes", len(a.data))
		}
	}
}
