package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"snomredirect/cmd/snomredirect/lastcall"
)

func TestSecureURL(t *testing.T) {
	l, err := lastcall.Listen("127.0.0.1:0", lastcall.Protocol{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	https := listeners{{l, "https"}}
	for name, want := range map[string]string{"prov.acme.example": "https://prov.acme.example:" + port, "2001:db8::1": "https://[2001:db8::1]:" + port, "[2001:db8::1]": "https://[2001:db8::1]:" + port} {
		if got := (&serve{PublicName: []string{name, "other.example"}}).secureURL(https); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := (&serve{}).secureURL(https) + (&serve{PublicName: []string{"prov.acme.example"}}).secureURL(nil); got != "" {
		t.Errorf("without a public name, and without HTTPS: %q", got)
	}
}

// An address that can't be listened on ends the service before it says that it listens.
func TestPnPAddress(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, c := range map[string]struct {
		want  string
		usage bool
	}{
		taken.LocalAddr().String(): {"in use by another program", false},
		"224.0.1.75":               {"expected an address such as 224.0.1.75:5060", true},
		"192.0.2.1:5060":           {"--pnp 192.0.2.1:5060: ", false},
	} {
		var log strings.Builder
		args := []string{"serve", "--data", t.TempDir(), "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--pnp", address}
		err := run(t.Context(), args, output{io.Discard, &log})
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, errUsage) != c.usage {
			t.Errorf("%s: %v", address, err)
		}
		if strings.Contains(log.String(), "listening") {
			t.Errorf("%s: %s", address, log.String())
		}
	}
}
