package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

func TestSecureURL(t *testing.T) {
	for want, s := range map[string]serve{
		"":                               {HTTPS: ":443"},
		"https://prov.acme.example":      {HTTPS: ":443", PublicName: []string{"prov.acme.example", "other.example"}},
		"https://prov.acme.example:8443": {HTTPS: "192.0.2.10:8443", PublicName: []string{"prov.acme.example"}},
		"https://[2001:db8::1]":          {HTTPS: "[::]:443", PublicName: []string{"2001:db8::1"}},
		"https://[2001:db8::1]:8443":     {HTTPS: ":8443", PublicName: []string{"[2001:db8::1]"}},
	} {
		if got := s.secureURL(); got != want {
			t.Errorf("%+v: %q, want %q", s.HTTPS, got, want)
		}
	}
	if got := (&serve{PublicName: []string{"prov.acme.example"}}).secureURL(); got != "" {
		t.Errorf("without HTTPS: %q", got)
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
