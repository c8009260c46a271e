package pnp

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/store"
)

// serve serves until the test ends, and returns the server and the outcomes.
func serve(t testing.TB, address string, answer func(Subscription) store.URL) (*Server, chan Outcome) {
	t.Helper()
	seen := make(chan Outcome, 1<<12)
	s, err := Listen(address, Config{Answer: answer, Observe: func(o Outcome) {
		select {
		case seen <- o:
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s, seen
}

// A testPhone is a socket that sends like a phone.
type testPhone struct {
	*net.UDPConn
	t testing.TB
}

func newPhone(t testing.TB, local string) testPhone {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(local)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return testPhone{conn, t}
}

func (p testPhone) send(to net.Addr, text string) {
	p.t.Helper()
	if _, err := p.WriteTo([]byte(text), to); err != nil {
		p.t.Fatal(err)
	}
}

// receive returns the next datagram and its source.
func (p testPhone) receive() (string, net.Addr) {
	p.t.Helper()
	buf := make([]byte, 1<<16)
	p.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, from, err := p.ReadFrom(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(buf[:n]), from
}

func expect(t testing.TB, seen chan Outcome, want Outcome) {
	t.Helper()
	select {
	case got := <-seen:
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("nothing, want %s", want)
	}
}

// answersTo returns the response that a phone sends to a NOTIFY.
func answersTo(notify string) string {
	lines := strings.Split(notify, "\r\n")
	return "SIP/2.0 200 OK\r\n" + strings.Join(lines[1:7], "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
}

func TestServer(t *testing.T) {
	asked := make(chan Subscription, 9)
	s, seen := serve(t, "127.0.0.1:0", func(s Subscription) store.URL { asked <- s; return target })
	p := newPhone(t, "127.0.0.1:0")
	p.send(s.Addr(), capture(t, "snom360"))
	ok, from := p.receive()
	if !strings.HasPrefix(ok, "SIP/2.0 200 OK\r\n") || from.String() != s.Addr().String() {
		t.Errorf("from %v: %s", from, ok)
	}
	notify, from := p.receive()
	if !strings.HasPrefix(notify, "NOTIFY sip:192.168.10.67:2058 SIP/2.0\r\n") || !strings.HasSuffix(notify, "\r\n\r\n"+target.String()) || from.String() != s.Addr().String() {
		t.Errorf("from %v: %s", from, notify)
	}
	if a := <-asked; a.From.String() != p.LocalAddr().String() || a.MAC.String() != "0004132314A4" {
		t.Errorf("%+v", a)
	}
	expect(t, seen, Answered)
	again, _ := p.receive()
	if again != notify {
		t.Errorf("repeated: %s", again)
	}
	p.send(s.Addr(), answersTo(notify))
	expect(t, seen, Confirmed)
	p.SetReadDeadline(time.Now().Add(2 * time.Second)) // longer than any repetition
	if n, _, err := p.ReadFrom(make([]byte, 9)); err == nil {
		t.Errorf("%d bytes after the confirmation", n)
	}
}

func TestServerDropsWhatIsNoSubscribe(t *testing.T) {
	s, seen := serve(t, "127.0.0.1:0", always)
	for want, text := range map[Outcome]string{
		Malformed: strings.Repeat("x", 65507), // the longest that UDP allows
		Foreign:   replaced(t, capture(t, "snom360"), "ua-profile", "presence"),
		NoMAC:     replaced(t, capture(t, "snom360"), "MAC%3a0004132314A4@VON SIP", "reception@VON SIP"),
		Stray:     confirmation("200 OK", "unknown"),
	} {
		p := newPhone(t, "127.0.0.1:0")
		p.send(s.Addr(), text)
		expect(t, seen, want)
		p.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if n, _, err := p.ReadFrom(make([]byte, 9)); err == nil {
			t.Errorf("%s: %d bytes", want, n)
		}
	}
}

func TestServerUnderFlood(t *testing.T) {
	s, seen := serve(t, "127.0.0.1:0", always)
	p := newPhone(t, "127.0.0.1:0")
	text := capture(t, "snom360")
	before, start := heap(), time.Now()
	for n := 0; len(seen) < cap(seen); n++ {
		p.send(s.Addr(), strings.Replace(text, callID, fmt.Sprint(n), 1))
	}
	limit := sourceBurst + 1 + int(float64(sourceRate)*time.Since(start).Seconds())
	if grown := int64(heap()) - int64(before); grown > 4<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	got := map[Outcome]int{}
	for range cap(seen) {
		got[<-seen]++
	}
	if got[Answered] > limit || got[Answered]+got[Throttled] != cap(seen) {
		t.Errorf("%v, want at most %d answers", got, limit)
	}
}

func TestListenFails(t *testing.T) {
	for _, address := range []string{"5060", "224.0.1.75", "nowhere.invalid:5060", "192.0.2.77:5060", "127.0.0.1:99999"} {
		if s, err := Listen(address, Config{Answer: always}); err == nil {
			t.Errorf("%q: listens on %v", address, s.Addr())
			s.Close()
		}
	}
	s, err := Listen("127.0.0.1:0", Config{Answer: always})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Listen(s.Addr().String(), Config{Answer: always}); err == nil {
		t.Error("two servers on one port")
		again.Close()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error("closed again:", err)
	}
	if err := s.Serve(); err != nil {
		t.Error("served after it was closed:", err)
	}
}

// Senders that flood while a server is closed don't keep it open.
func TestCloseUnderLoad(t *testing.T) {
	s, err := Listen("127.0.0.1:0", Config{Answer: always})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve() }()
	p, text, stop := newPhone(t, "127.0.0.1:0"), []byte(capture(t, "snom360")), make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				p.WriteTo(text, s.Addr())
			}
		}
	})
	p.receive()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	close(stop)
	sending.Wait()
}
