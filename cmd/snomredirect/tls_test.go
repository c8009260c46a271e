package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snomredirect/cmd/snomredirect/connlimit"
)

func TestReadCertificates(t *testing.T) {
	folder := t.TempDir()
	in := func(name string) string { return filepath.Join(folder, name) }
	cert, key := newPair(t, "one", time.Now().AddDate(1, 0, 0))
	write(t, in("tls.pem"), cert)
	write(t, in("tls.key"), key)
	write(t, in("empty"), "")
	write(t, in("cut"), cert[:len(cert)/2])
	write(t, in("damaged"), strings.Replace(cert, "MII", "AII", 1))
	_, other := newPair(t, "two", time.Now().AddDate(1, 0, 0))
	write(t, in("other.key"), other)
	for _, c := range []struct {
		cert, key, phoneCA string
		want               string // "" if all can be read
	}{
		{"", "", "", ""},
		{in("tls.pem"), in("tls.key"), "", ""},
		{in("tls.pem"), in("tls.key"), in("tls.pem"), ""},
		{in("none"), in("tls.key"), "", "--tls-cert " + in("none") + ": no such file or directory"},
		{in("tls.pem"), in("none"), "", "--tls-key " + in("none") + ": no such file or directory"},
		{in("empty"), in("tls.key"), "", "expected a certificate in PEM"},
		{in("tls.pem"), in("other.key"), "", "private key does not match public key"},
		{in("tls.pem"), in("tls.key"), in("none"), "--phone-ca " + in("none") + ": no such file or directory"},
		{in("tls.pem"), in("tls.key"), in("empty"), "found none"},
		{in("tls.pem"), in("tls.key"), in("cut"), "found none"},
		{in("tls.pem"), in("tls.key"), in("damaged"), "expected only certificates"},
		{in("tls.pem"), in("tls.key"), in("tls.key"), "found a block of PRIVATE KEY"},
	} {
		s := &serve{TLSCert: c.cert, TLSKey: c.key, PhoneCA: c.phoneCA}
		own, phoneCAs, err := s.readCertificates(slog.New(slog.DiscardHandler))
		if c.want == "" {
			if err != nil || (own != nil) != (c.cert != "") || (phoneCAs != nil) != (c.phoneCA != "") {
				t.Errorf("%+v: %v, %v, %v", c, own, phoneCAs, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, errUsage) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The handshake succeeds with any client certificate, and fails before TLS 1.2.
// Certificates are requested only if there are CAs for them.
func TestHandshakes(t *testing.T) {
	folder := t.TempDir()
	cert, key := newPair(t, "localhost", time.Now().AddDate(1, 0, 0))
	write(t, filepath.Join(folder, "tls.pem"), cert)
	write(t, filepath.Join(folder, "tls.key"), key)
	own, err := newCertificate(filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(own.current.Load().Leaf)
	for _, phoneCAs := range []*x509.CertPool{nil, pool} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := newPhoneServer(connlimit.New(l, connlimit.Config{Max: 4, PerSource: 4}), http.NotFoundHandler(), newTLSConfig(own, phoneCAs))
		go s.serve()
		defer s.server.Close()
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			requested := false
			conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{
				InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"},
				GetClientCertificate: func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
					requested = true
					if len(request.AcceptableCAs) > 0 {
						t.Error("the request names CAs: a phone may withhold a certificate of another")
					}
					return &tls.Certificate{}, nil
				}})
			if (err == nil) != want || want && requested != (phoneCAs != nil) {
				t.Errorf("%s: %v, certificate requested: %v", tls.VersionName(version), err, requested)
			}
			if err == nil {
				if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
					t.Errorf("negotiated %q", got)
				}
				conn.Close()
			}
		}
	}
}

// A CA whose key others may have computed proves nothing.
func TestWeakPhoneCA(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "Snom Phone 1"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	weak := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	good, _ := newPair(t, "good", time.Now().AddDate(1, 0, 0))
	file := filepath.Join(t.TempDir(), "phones.pem")
	read := func(text string) (pool *x509.CertPool, logged string) {
		t.Helper()
		write(t, file, text)
		var log bytes.Buffer
		pool, err := readPhoneCAs(file, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return pool, log.String()
	}
	want, silence := read(good)
	got, logged := read(weak + good)
	if !got.Equal(want) || !strings.Contains(logged, `name="Snom Phone 1" bits=1024`) || silence != "" {
		t.Errorf("equal %v, logged %q and %q", got.Equal(want), logged, silence)
	}
}
