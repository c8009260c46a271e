package pnp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// unlimited lifts the budgets, which are not to be measured.
func (r *responder) unlimited() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.budget.all.SetLimit(rate.Inf)
}

// BenchmarkHandle measures phones that each send a SUBSCRIBE and confirm the NOTIFY,
// without a socket.
func BenchmarkHandle(b *testing.B) {
	r := newBench(b, always)
	r.unlimited()
	subscribe, confirm := []byte(capture(b, "snom360")), []byte(confirmation("200 OK", callID))
	n := 0
	for b.Loop() {
		n++
		remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 2058)
		if _, _, o := r.handle(datagram{path{remote, service, 2}, subscribe}, time.Now()); o != Answered {
			b.Fatal(o)
		}
		if _, _, o := r.handle(datagram{path{remote, service, 2}, confirm}, time.Now()); o != Confirmed {
			b.Fatal(o)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "phones/s")
}

// BenchmarkThrottled measures what a datagram of a flood costs.
func BenchmarkThrottled(b *testing.B) {
	r := newBench(b, always)
	d := datagram{route, []byte(capture(b, "snom360"))}
	for b.Loop() {
		r.handle(d, time.Now())
	}
}

// BenchmarkServer measures phones that each get both answers through a socket and
// confirm the NOTIFY, one after another.
func BenchmarkServer(b *testing.B) {
	s, _ := serve(b, "127.0.0.1:0", always)
	s.responder.unlimited()
	s.responder.budget.sources.Add(netip.MustParseAddr("127.0.0.1"), rate.NewLimiter(rate.Inf, 0))
	p := newPhone(b, "127.0.0.1:0")
	text, buf := []byte(capture(b, "snom360")), make([]byte, 2048)
	exchange := func(data []byte, answers int) {
		if _, err := p.WriteTo(data, s.Addr()); err != nil {
			b.Fatal(err)
		}
		for range answers {
			if _, _, err := p.ReadFrom(buf); err != nil {
				b.Fatal(err)
			}
		}
	}
	p.SetReadDeadline(time.Time{})
	n := 0
	for b.Loop() {
		n++
		id := fmt.Sprint(n)
		exchange(bytes.Replace(text, []byte(callID), []byte(id), 1), 2)
		exchange([]byte(confirmation("200 OK", id)), 0)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "phones/s")
}
