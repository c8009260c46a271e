package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// open is how many connections are open at once.
const open = 64

// sites is how many addresses the phones come from, each in a network of its own.
const sites = 4096

// server is a setting server's URL as the service gives it to phones. Rivals send
// something of the same size.
const settingServer = "http://prov.acme.example/{mac}"

// A target is a server that answers phones.
type target struct {
	name    string
	address netip.AddrPort
	looksUp bool // it answers registered phones only
	process *process
}

func newTarget(name, address string, looksUp bool, p *process) (*target, error) {
	parsed, err := netip.ParseAddrPort(address)
	return &target{name, parsed, looksUp, p}, err
}

// A client is a connection whose request is sent.
type client struct {
	socket     int
	registered bool
}

// boots makes requests of n phones, each on a connection of its own. A new one is opened
// as soon as the oldest has its answer, so that open ones always wait.
func (t *target) boots(p *phones, n int) error {
	var waiting [open]client
	for i := range n + open {
		c := &waiting[i%open]
		if i >= open {
			err := t.expect(c, c.registered)
			_ = syscall.Close(c.socket)
			if err != nil {
				return err
			}
		}
		if i < n {
			var err error
			if c.socket, err = t.connect(p.turn); err != nil {
				return err
			}
			if err := c.ask(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept makes n requests on connections that stay open.
func (t *target) kept(p *phones, n int) error {
	var waiting [open]client
	for i := range waiting {
		var err error
		if waiting[i].socket, err = t.connect(i); err != nil {
			return err
		}
		defer syscall.Close(waiting[i].socket)
	}
	for i := range n + open {
		c := &waiting[i%open]
		if i >= open {
			if err := t.expect(c, c.registered); err != nil {
				return err
			}
		}
		if i < n {
			if err := c.ask(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// siteOf returns the address from which a phone connects, with any port.
func siteOf(turn int) netip.AddrPort {
	site := turn % sites
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(16 + site>>8), byte(site), 1}), 0)
}

// connect opens a connection from one of the sites.
func (t *target) connect(turn int) (socket int, err error) {
	socket, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	err = syscall.Bind(socket, &syscall.SockaddrInet4{Addr: siteOf(turn).Addr().As4()})
	if err == nil {
		wait := syscall.NsecToTimeval(patience.Nanoseconds())
		err = syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)
	}
	if err == nil {
		err = syscall.Connect(socket, &syscall.SockaddrInet4{Addr: t.address.Addr().As4(), Port: int(t.address.Port())})
	}
	if err != nil {
		_ = syscall.Close(socket)
		return 0, fmt.Errorf("%s: %w", t.name, err)
	}
	return socket, nil
}

// bootOne boots one phone, on a goroutine that waits without a thread.
func (t *target) bootOne(turn int, number uint32, registered bool) error {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(siteOf(turn)), Timeout: patience, KeepAlive: -1}
	c, err := d.Dial("tcp", t.address.String())
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(c, request, number); err != nil {
		return err
	}
	return t.expect(c, registered)
}

// request is what a desk phone sends.
const request = "GET /snom360/snom360.php?mac=000413%06X HTTP/1.1\r\nHost: provisioning.snom.com\r\nUser-Agent: Mozilla/4.0 (compatible; snom360-SIP 8.7.5.35 1.1.3-u)\r\nAccept: */*\r\n\r\n"

func (c *client) ask(p *phones) error {
	number, registered := p.next()
	c.registered = registered
	_, err := syscall.Write(c.socket, fmt.Appendf(nil, request, number))
	return err
}

// Read implements [io.Reader].
func (c *client) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(c.socket, b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == nil && n == 0:
			err = io.EOF
		}
		return n, err
	}
}

// expect reads an answer and checks it.
func (t *target) expect(r io.Reader, registered bool) error {
	buffer := make([]byte, 4096)
	n := 0
	for {
		more, err := r.Read(buffer[n:])
		if err != nil {
			return fmt.Errorf("%s: the answer broke off after %q: %w", t.name, buffer[:n], err)
		}
		if n += more; isWhole(buffer[:n]) {
			break
		}
	}
	if !bytes.HasPrefix(buffer, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("%s: %q", t.name, buffer[:n])
	}
	if got := bytes.Contains(buffer[:n], []byte(settingServer)); t.looksUp && got != registered {
		return fmt.Errorf("%s: the phone is registered: %v; the answer: %q", t.name, registered, buffer[:n])
	}
	return nil
}

// isWhole reports whether an answer is complete.
func isWhole(answer []byte) bool {
	header, body, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	const field = "Content-Length: "
	i := bytes.Index(header, []byte(field))
	if i < 0 { // chunked, as PHP sends it through nginx
		return bytes.HasSuffix(body, []byte("0\r\n\r\n"))
	}
	length, _, _ := bytes.Cut(header[i+len(field):], []byte("\r"))
	want, err := strconv.Atoi(string(length))
	return err == nil && len(body) >= want
}

// cost makes requests and returns the CPU time that one took the server, in microseconds.
func (t *target) cost(load func(*phones, int) error, p *phones, n int) (float64, error) {
	before, err := t.process.cpu()
	if err != nil {
		return 0, err
	}
	if err := load(p, n); err != nil {
		return 0, err
	}
	time.Sleep(20 * time.Millisecond) // until the last connections are closed
	after, err := t.process.cpu()
	return float64((after - before).Microseconds()) / float64(n), err
}
