package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
)

// A Dialer opens TCP connections to public addresses only, on ports 80 and 443, and for
// TFTP sockets over UDP on port 69. Each address is checked when it is connected to, so
// that neither names whose addresses change nor HTTP redirects lead elsewhere.
type Dialer struct {
	Ports    []uint16 // also these over TCP
	UDPPorts []uint16 // also these over UDP
	Private  bool     // also private addresses, and those of this host

	resolver *net.Resolver         // if nil, the system's; set by tests
	allows   func(netip.Addr) bool // if not nil, in place of the rule; set by tests
	own      func(netip.Addr) bool // if not nil, in place of isOwn; set by tests
}

// PortOf returns the ports that a URL names: one or none.
func PortOf(u *url.URL) (ports []uint16) {
	if a, err := netip.ParseAddrPort("0.0.0.0:" + u.Port()); err == nil && a.Port() != 0 {
		ports = append(ports, a.Port())
	}
	return ports
}

// Problems of a connection. They say nothing of what is at a refused address, not even
// whether a name has one.
var (
	errNoAddress = errors.New("the host has no public address")
	errPort      = errors.New("this port is not requested: expected 80, 443 or the one of the setting server's URL")
	errUDPPort   = errors.New("this port is not requested over TFTP: expected 69 or the one of the setting server's URL")
)

// Dial opens a connection or, with the network "udp", a socket that has sent nothing.
func (d Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Resolver: d.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !d.mayReach(a.Addr()) {
			return errNoAddress
		}
		return nil
	}}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errNoAddress
	}
	ports, wrong := append([]uint16{80, 443}, d.Ports...), errPort
	if network == "udp" {
		ports, wrong = append([]uint16{69}, d.UDPPorts...), errUDPPort
	}
	if n, err := netip.ParseAddrPort("0.0.0.0:" + port); err != nil || !slices.Contains(ports, n.Port()) {
		return nil, wrong
	}
	return dialer.DialContext(ctx, network, address)
}

func (d Dialer) mayReach(a netip.Addr) bool {
	switch {
	case d.allows != nil:
		return d.allows(a)
	case d.Private:
		return isInside(a)
	}
	own := isOwn
	if d.own != nil {
		own = d.own
	}
	return isPublic(a) && !own(a)
}

// A Transport words the errors of another one for whoever named the URL: what it got from
// an address, and which, is not in them.
type Transport struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, explain(err, request.URL.Scheme)
	}
	response.Body = body{response.Body, request.URL.Scheme}
	return response, nil
}

// A body words errors in the same way.
type body struct {
	io.ReadCloser
	scheme string
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != io.EOF {
		err = explain(err, b.scheme)
	}
	return n, err
}

// explain words an error of a request with a scheme.
func explain(err error, scheme string) error {
	var (
		wait      net.Error
		name      *net.DNSError
		untrusted *tls.CertificateVerificationError
		alert     *net.OpError
	)
	switch {
	case err == nil, errors.Is(err, errPort), errors.Is(err, errUDPPort), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &untrusted):
		return untrusted
	case errors.Is(err, errNoAddress), errors.As(err, &name):
		return errNoAddress
	case errors.As(err, &wait) && wait.Timeout():
		return errors.New("no reply in time")
	case errors.As(err, &alert) && alert.Op == "remote error":
		return errors.New("the server rejected the TLS handshake: it may require a phone's certificate, which the service does not have")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused")
	}
	if scheme == "tftp" {
		return errors.New("no file over TFTP")
	}
	return errors.New("no reply of HTTP")
}
