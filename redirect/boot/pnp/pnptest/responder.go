// Package pnptest answers questions for a setting server to tests.
package pnptest

import (
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Responder answers SUBSCRIBE as RFC 3265 says, at a free port of the loopback address.
type Responder struct {
	URL      string
	Lost     int                 // SUBSCRIBEs that are not answered, at first
	NoNotify bool                // only the response
	Change   func(string) string // changes each message; if nil, none is

	Addr netip.AddrPort

	mu       sync.Mutex
	received []string
}

// Start starts the responder until the test ends.
func (r *Responder) Start(t testing.TB) *Responder {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r.Addr = socket.LocalAddr().(*net.UDPAddr).AddrPort()
	done := make(chan struct{})
	t.Cleanup(func() { socket.Close(); <-done })
	go func() {
		defer close(done)
		r.serve(socket)
	}()
	return r
}

func (r *Responder) serve(socket *net.UDPConn) {
	buffer := make([]byte, 4096)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		text := string(buffer[:n])
		if !r.note(text) || !strings.HasPrefix(text, "SUBSCRIBE ") {
			continue
		}
		messages := []string{OK(text)}
		if !r.NoNotify {
			messages = append(messages, Notify(text, r.URL))
		}
		for _, m := range messages {
			if r.Change != nil {
				m = r.Change(m)
			}
			_, _ = socket.WriteToUDPAddrPort([]byte(m), from)
		}
	}
}

// note keeps a datagram, and reports whether to answer it.
func (r *Responder) note(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = append(r.received, text)
	return len(r.received) > r.Lost
}

// Received returns what phones have sent, when all of it has arrived: a SUBSCRIBE that
// was answered with a URL is followed by a confirmation, which it waits for.
func (r *Responder) Received() []string {
	for begun := time.Now(); ; {
		r.mu.Lock()
		got := append([]string(nil), r.received...)
		r.mu.Unlock()
		if n := len(got); r.URL == "" || n > 0 && strings.HasPrefix(got[n-1], "SIP/") || time.Since(begun) > 10*time.Second {
			return got
		}
		time.Sleep(time.Millisecond)
	}
}

// header returns the value of a header.
func header(message, name string) string {
	found := regexp.MustCompile(`(?m)^` + name + `: (.*)\r$`).FindStringSubmatch(message)
	if found == nil {
		return ""
	}
	return found[1]
}

// OK returns the response that accepts a SUBSCRIBE.
func OK(subscribe string) string {
	return strings.Join([]string{
		"SIP/2.0 200 OK", "Via: " + header(subscribe, "Via"), "From: " + header(subscribe, "From"), "To: " + header(subscribe, "To") + ";tag=responder",
		"Call-ID: " + header(subscribe, "Call-ID"), "CSeq: " + header(subscribe, "CSeq"), "Contact: <sip:127.0.0.1:5060>", "Expires: 0", "Content-Length: 0",
	}, "\r\n") + "\r\n\r\n"
}

// Notify returns the NOTIFY for a SUBSCRIBE. Its From and To are the other way round.
func Notify(subscribe, url string) string {
	return strings.Join([]string{
		"NOTIFY " + strings.Trim(header(subscribe, "Contact"), "<>") + " SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKtest;rport", "Max-Forwards: 70",
		"From: " + header(subscribe, "To") + ";tag=responder", "To: " + header(subscribe, "From"), "Call-ID: " + header(subscribe, "Call-ID"), "CSeq: 7 NOTIFY",
		"Contact: <sip:127.0.0.1:5060>", "Event: " + header(subscribe, "Event"), "Subscription-State: terminated;reason=timeout",
		"Content-Type: application/url", "Content-Length: " + strconv.Itoa(len(url)), "", url,
	}, "\r\n")
}

// Loopback returns the loopback interface.
func Loopback(t testing.TB) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return &i
		}
	}
	t.Fatal("no loopback interface")
	return nil
}
