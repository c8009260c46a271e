package main

import (
	"bufio"
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

	"snomredirect/cmd/snomredirect/connlimit"
	"snomredirect/redirect/rds"
	"snomredirect/store"
)

// The certificate is made once. It is valid for each of the service's names and
// for no other.
func TestSelfSigned(t *testing.T) {
	folder := t.TempDir()
	var log bytes.Buffer
	s := &serve{Data: folder, RDS: ":8083", PublicName: []string{" prov.acme.example. ", "[2001:db8::7]", "192.0.2.7"}}
	config, err := (&service{flags: s, log: slog.New(slog.NewTextHandler(&log, nil))}).newRDSTLS(t.Context())
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
	second, err := (&service{flags: s, log: slog.New(slog.DiscardHandler)}).newRDSTLS(t.Context())
	if err != nil || fingerprint(second.Certificates[0]) != fingerprint(config.Certificates[0]) {
		t.Errorf("the second start has another certificate: %v", err)
	}
	write(t, filepath.Join(folder, "rds.key"), "nonsense")
	if _, err := (&service{flags: s, log: slog.New(slog.DiscardHandler)}).newRDSTLS(t.Context()); err == nil || !strings.Contains(err.Error(), "or no files") {
		t.Errorf("%v", err)
	}
	for _, lost := range []struct {
		file string
		made bool // a new pair
	}{
		{"rds.key", false}, // removed by mistake
		{"rds.pem", true},  // not yet written at a power cut
	} {
		if err := os.Remove(filepath.Join(folder, lost.file)); err != nil {
			t.Fatal(err)
		}
		_, err := (&service{flags: s, log: slog.New(slog.DiscardHandler)}).newRDSTLS(t.Context())
		if now, _ := os.ReadFile(filepath.Join(folder, "rds.pem")); (err == nil) != lost.made || bytes.Equal(now, text) == lost.made {
			t.Errorf("without %s: %v", lost.file, err)
		}
	}
	if c, err := (&service{flags: &serve{Data: folder, RDS: ":8083", RDSPlain: true}}).newRDSTLS(t.Context()); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
}

// startRDSServer starts an RDS server with that login.
func startRDSServer(t *testing.T, login func(context.Context, string, string, netip.Addr) (store.Account, error)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newRDSServer(connlimit.New(l, connectionLimits["rds"]), rds.Config{Login: login, Log: slog.New(slog.DiscardHandler)}, nil, proxies(nil).handler)
	go s.serve()
	t.Cleanup(func() { s.server.Close() })
	return l.Addr().String()
}

// A tool sends many calls on one connection. An unauthenticated client is
// disconnected at once.
func TestRDSKeepAlive(t *testing.T) {
	address := startRDSServer(t, func(context.Context, string, string, netip.Addr) (store.Account, error) {
		return store.Account{ID: 1, Name: "acme"}, nil
	})
	for user, keeps := range map[string]bool{"acme:x@": true, "": false} {
		response, err := http.Post("http://"+user+address+"/xmlrpc", "text/xml", strings.NewReader("<x/>"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.Close == keeps {
			t.Errorf("%q: %s, closed: %v", user, response.Status, response.Close)
		}
	}
}

// A tool's connection outlasts the unauthenticated ones of its own address.
func TestRDSProvenConnectionStays(t *testing.T) {
	address := startRDSServer(t, func(context.Context, string, string, netip.Addr) (store.Account, error) {
		return store.Account{ID: 1, Name: "acme"}, nil
	})
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		return conn
	}
	tool := dial()
	replies := bufio.NewReader(tool)
	call := func() {
		t.Helper()
		_, _ = io.WriteString(tool, "POST /xmlrpc HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWNtZTp4\r\nContent-Length: 4\r\n\r\n<x/>")
		response, err := http.ReadResponse(replies, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
	}
	call()
	first := dial()
	for range 2 * connectionLimits["rds"].PerSource {
		dial()
	}
	if _, err := first.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the oldest unauthenticated connection is still open")
	}
	call()
}
