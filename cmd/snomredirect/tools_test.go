package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snomredirect/redirect/rds"
	"snomredirect/store"
)

// A password goes over no wire in the clear.
func TestPlainOnLoopbackAlone(t *testing.T) {
	for _, s := range []serve{
		{}, {RDS: ":8083"}, {RDS: "127.0.0.1:8083", RDSPlain: true}, {RDS: "[::1]:0", RDSPlain: true}, {RDS: "127.1.2.3:80", RDSPlain: true}, {RDS: "localhost:8083", RDSPlain: true},
	} {
		if err := s.checkRDS(); err != nil || strings.Contains(s.RDS, "localhost") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, address := range []string{"", ":8083", "0.0.0.0:8083", "[::]:8083", "192.0.2.1:8083", "127.0.0.1", "nonsense"} {
		if err := (&serve{RDS: address, RDSPlain: true}).checkRDS(); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// The certificate is made once, and tools that trust it trust the service by any
// of its names and no other.
func TestSelfSigned(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	s := &serve{Data: folder, RDS: ":8083", PublicName: []string{" prov.acme.example. ", "[2001:db8::7]", "192.0.2.7"}}
	config, err := s.toolTLS(nil, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rds.pem", "rds.key"} {
		if f, err := os.Stat(filepath.Join(folder, name)); err != nil || f.Mode() != 0o600 {
			t.Errorf("%v, %v", f, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "rds.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	leaf := config.Certificates[0].Leaf
	for name, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "secure-provisioning.snom.com": true, "provisioning.snom.com": true,
		"prov.acme.example": true, "2001:db8::7": true, "192.0.2.7": true, "other.example": false,
	} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: time.Now().AddDate(10, 0, 0)}); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(log.String(), "sha256="+fingerprint(config.Certificates[0])) {
		t.Errorf("%s", &log)
	}
	again, err := s.toolTLS(nil, slog.New(slog.DiscardHandler))
	if err != nil || fingerprint(again.Certificates[0]) != fingerprint(config.Certificates[0]) {
		t.Errorf("%v", err)
	}
	write(t, filepath.Join(folder, "rds.key"), "nonsense")
	if _, err := s.toolTLS(nil, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "or neither") {
		t.Errorf("%v", err)
	}
	for _, lost := range []struct {
		file string
		anew bool
	}{{"rds.key", false}, {"rds.pem", true}} { // a power cut leaves no certificate, an operator's slip no key
		if err := os.Remove(filepath.Join(folder, lost.file)); err != nil {
			t.Fatal(err)
		}
		_, err := s.toolTLS(nil, slog.New(slog.DiscardHandler))
		if now, _ := os.ReadFile(filepath.Join(folder, "rds.pem")); (err == nil) != lost.anew || bytes.Equal(now, text) == lost.anew {
			t.Errorf("without %s: %v", lost.file, err)
		}
	}
	if c, err := (&serve{Data: folder, RDS: ":8083", RDSPlain: true}).toolTLS(nil, nil); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
}

// A tool asks many things on one connection, and a stranger is let go at once.
func TestToolsKeepTheirConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	login := func(context.Context, string, string, netip.Addr) (store.Account, error) {
		return store.Account{ID: 1, Name: "acme"}, nil
	}
	d := newRDSServer(l, rds.Config{Login: login, Log: slog.New(slog.DiscardHandler)}, nil)
	go d.serve()
	defer d.server.Close()
	for user, keeps := range map[string]bool{"acme:x@": true, "": false} {
		response, err := http.Post("http://"+user+l.Addr().String()+"/xmlrpc", "text/xml", strings.NewReader("<x/>"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.Close == keeps {
			t.Errorf("%q: %s, closes %v", user, response.Status, response.Close)
		}
	}
}

// A host that holds connections keeps no other from its own.
func TestConnectionsOfAHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	login := func(context.Context, string, string, netip.Addr) (store.Account, error) {
		return store.Account{}, store.ErrDenied
	}
	d := newRDSServer(l, rds.Config{Login: login, Log: slog.New(slog.DiscardHandler)}, nil)
	go d.serve()
	defer d.server.Close()
	dial := func(from string) net.Conn {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Skipf("no second loopback address: %v", err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	answered := func(conn net.Conn) bool {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		text, _ := io.ReadAll(conn)
		return strings.HasPrefix(string(text), "HTTP/1.1 404 ")
	}
	other := dial("127.0.0.2")
	var held []net.Conn
	for range maxToolConnectionsAHost {
		held = append(held, dial("127.0.0.1"))
	}
	if answered(dial("127.0.0.1")) {
		t.Error("one too many is answered")
	}
	if !answered(other) || !answered(dial("127.0.0.2")) || !answered(held[0]) {
		t.Error("one is not answered")
	}
}
