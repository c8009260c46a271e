package pnp

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"snomredirect/store"
)

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
	for n := range 20_000 {
		remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 5060)
		_, _, o := b.handle(at(remote, text), now.Add(time.Duration(n)*250*time.Microsecond))
		got[o]++
	}
	if want := allBurst + 5*int(allRate); got[Answered] > want || got[Answered] < want-1 {
		t.Errorf("%v, want %d answers", got, want)
	}
	if b.budget.sources.Len() > maxSources || b.dialogs.Len() > maxDialogs {
		t.Errorf("%d sources, %d dialogs", b.budget.sources.Len(), b.dialogs.Len())
	}
	grown := int64(heap()) - int64(before)
	t.Logf("%d KiB for %d sources and %d dialogs", grown>>10, b.budget.sources.Len(), b.dialogs.Len())
	if grown > 32<<20 {
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
