package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"snomredirect/redirect/boot"
)

// count returns a server, and how many connections it has got.
func count(t *testing.T) (s *httptest.Server, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s = httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, connections
}

func portOf(t *testing.T, s *httptest.Server) []uint16 {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return PortOf(u)
}

// get sends a request through a dialer.
func get(d Dialer, u string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, u, nil)
	if err != nil {
		return 0, err
	}
	response, err := (Transport{boot.NewTransport(d.Dial, nil)}).RoundTrip(request)
	if err != nil {
		return 0, err
	}
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// Nothing on this host is connected to, however its address is written.
func TestInsideIsRefused(t *testing.T) {
	if boot.NewTransport(nil, nil).Proxy != nil {
		t.Error("a proxy of the environment would be connected to instead")
	}
	s, connections := count(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	d := Dialer{Ports: portOf(t, s)}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "[64:ff9b::7f00:1]", "127.1.2.3"} {
		if _, err := get(d, "http://"+host+":"+port); err != errNoAddress {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	d.Private = true
	if status, err := get(d, s.URL); status != http.StatusNotFound || err != nil || connections.Load() != 1 {
		t.Errorf("%d, %v, %d connections", status, err, connections.Load())
	}
	if _, err := get(d, "http://169.254.169.254"); err != errNoAddress {
		t.Error(err)
	}
}

// A name without an address and one with a refused address can't be told apart.
func TestNoAddress(t *testing.T) {
	_, a := get(Dialer{resolver: resolver()}, "http://none.example")
	_, b := get(Dialer{resolver: resolver("10.0.0.1")}, "http://inside.example")
	if a != errNoAddress || b != errNoAddress {
		t.Errorf("%v; %v", a, b)
	}
}

// Other ports than those of the URL are not connected to.
func TestPorts(t *testing.T) {
	s, connections := count(t)
	for _, u := range []string{s.URL, "http://1.1.1.1:22", "http://1.1.1.1:0", "http://1.1.1.1:65616"} {
		if _, err := get(Dialer{Private: true}, u); !errors.Is(err, errPort) {
			t.Errorf("%s: %v", u, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	for s, want := range map[string][]uint16{"http://one.example": nil, "http://one.example:8080/": {8080}, "http://[::1]:81": {81}, "http://one.example:0": nil} {
		if u, _ := url.Parse(s); !slices.Equal(PortOf(u), want) {
			t.Errorf("%s: %d", s, PortOf(u))
		}
	}
}

// A name whose address changes after the first connection leads nowhere else.
func TestRebinding(t *testing.T) {
	s, connections := count(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	d := Dialer{Ports: portOf(t, s), resolver: resolver("127.0.0.1", "127.0.0.2"), allows: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }}
	if status, err := get(d, "http://one.example:"+port); status != http.StatusNotFound || err != nil {
		t.Fatal(status, err)
	}
	if _, err := get(d, "http://one.example:"+port); err != errNoAddress {
		t.Error(err)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// An error contains nothing of what was answered, and no address.
func TestErrorsShowNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-secret banner\r\n")
			_ = c.Close()
		}
	}()
	u := "http://" + l.Addr().String()
	parsed, _ := url.Parse(u)
	d := Dialer{Ports: PortOf(parsed), Private: true}
	if _, err := get(d, u); err == nil || err.Error() != "no reply of HTTP" {
		t.Error(err)
	}
	l.Close()
	if _, err := get(d, u); err == nil || err.Error() != "connection refused" {
		t.Error(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	d.Ports = portOf(t, s)
	if _, err := get(d, s.URL); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown CA: %v", err)
	}
	m := httptest.NewUnstartedServer(http.NotFoundHandler())
	m.Config.ErrorLog = log.New(io.Discard, "", 0)
	m.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	m.StartTLS()
	defer m.Close()
	d.Ports = portOf(t, m)
	request, err := http.NewRequest(http.MethodGet, m.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = (Transport{boot.NewTransport(d.Dial, m.Client().Transport.(*http.Transport).TLSClientConfig)}).RoundTrip(request)
	if err == nil || !strings.Contains(err.Error(), "it may require a phone's certificate") {
		t.Errorf("a certificate required: %v", err)
	}
}

// resolver returns a resolver that answers with one address after the other, and goes on
// with the last one, or with none.
func resolver(addresses ...string) *net.Resolver {
	n := 0
	answer := func(query []byte) []byte {
		var m dnsmessage.Message
		if m.Unpack(query) != nil {
			return nil
		}
		m.Response = true
		m.Additionals = nil
		if len(addresses) == 0 {
			m.RCode = dnsmessage.RCodeNameError
		} else if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addresses[min(n, len(addresses)-1)]).As4()},
			}}
			n++
		}
		reply, _ := m.Pack()
		return reply
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serveDNS(server, answer)
		return client, nil
	}}
}

// serveDNS answers queries on a stream, each with its length before it.
func serveDNS(c net.Conn, answer func([]byte) []byte) {
	defer c.Close()
	var head [2]byte
	for {
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		query := make([]byte, int(head[0])<<8|int(head[1]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		reply := answer(query)
		if _, err := c.Write(append([]byte{byte(len(reply) >> 8), byte(len(reply))}, reply...)); err != nil {
			return
		}
	}
}

// A reply that breaks off shows no address either.
func TestBrokenReplyShowsNothing(t *testing.T) {
	received := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
		<-received
		_ = conn.(*net.TCPConn).SetLinger(0) // so that closing it resets the connection
		_ = conn.Close()
	}))
	defer s.Close()
	request, err := http.NewRequest(http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := Dialer{Ports: portOf(t, s), Private: true}
	response, err := (Transport{boot.NewTransport(d.Dial, nil)}).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text := make([]byte, len("begun"))
	if _, err := io.ReadFull(response.Body, text); err != nil {
		t.Fatal(err)
	}
	close(received)
	if _, err := io.ReadAll(response.Body); err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v", err)
	}
}
