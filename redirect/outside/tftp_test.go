package outside

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"snomredirect/redirect/boot/tftp/tftptest"
)

// Over UDP as over TCP, nothing on this host is sent a packet, however its address is
// written, also if a name's address changes; and only the port of the URL is.
func TestTFTPInsideIsRefused(t *testing.T) {
	s := (&tftptest.Server{Files: map[string]string{"x": "a: 1\n"}}).Start(t)
	port := netip.MustParseAddrPort(s.Addr).Port()
	_, number, _ := strings.Cut(s.Addr, ":")
	d := Dialer{UDPPorts: []uint16{port}}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "[64:ff9b::7f00:1]"} {
		if _, err := get(d, "tftp://"+host+":"+number+"/x"); err != errNoAddress {
			t.Errorf("%s: %v", host, err)
		}
	}
	d.resolver = resolver("10.0.0.1")
	if _, err := get(d, "tftp://inside.example/x"); err != errNoAddress {
		t.Error(err)
	}
	d.Private = true
	for _, u := range []string{"tftp://127.0.0.1:53/x", "tftp://127.0.0.1:80/x", "tftp://127.0.0.1:443/x"} {
		if _, err := get(d, u); err != errUDPPort {
			t.Errorf("%s: %v", u, err)
		}
	}
	if _, err := get(d, "tftp://169.254.169.254/x"); err != errNoAddress {
		t.Error(err)
	}
	if _, err := get(Dialer{Private: true, Ports: []uint16{port}}, "tftp://"+s.Addr+"/x"); err != errUDPPort {
		t.Errorf("a port for TCP: %v", err)
	}
	if _, err := get(d, "http://"+s.Addr+"/x"); err != errPort {
		t.Errorf("a port for UDP: %v", err)
	}
	if got := s.Received(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	d = Dialer{UDPPorts: []uint16{port}, resolver: resolver("127.0.0.1", "127.0.0.2"), allows: func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") }}
	if status, err := get(d, "tftp://one.example:"+number+"/x"); status != http.StatusOK || err != nil {
		t.Error(status, err)
	}
	if _, err := get(d, "tftp://one.example:"+number+"/x"); err != errNoAddress {
		t.Error(err)
	}
}

// An error contains nothing of what a server reported.
func TestTFTPErrorsShowNothing(t *testing.T) {
	for _, code := range []uint16{2, 99} {
		s := (&tftptest.Server{Code: code}).Start(t)
		d := Dialer{UDPPorts: []uint16{netip.MustParseAddrPort(s.Addr).Port()}, Private: true}
		if _, err := get(d, "tftp://"+s.Addr+"/x"); err == nil || err.Error() != "no file over TFTP" {
			t.Error(err)
		}
	}
}
