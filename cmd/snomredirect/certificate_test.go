package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPair returns a self-signed certificate with that name, and its key, in PEM.
func newPair(t testing.TB, name string, end time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateChanges(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key")
	year := time.Now().AddDate(1, 0, 0)
	oneCert, oneKey := newPair(t, "one", year)
	twoCert, twoKey := newPair(t, "two", time.Now().Add(time.Minute))
	write(t, certFile, oneCert)
	write(t, keyFile, oneKey)
	var log bytes.Buffer
	c, err := newCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	// reload reloads n times. It expects the certificate of that name in use and
	// the text in the log; if "", an empty log.
	reload := func(n int, name, logged string) {
		t.Helper()
		log.Reset()
		for range n {
			c.reload()
		}
		if pair, _ := c.get(nil); pair.Leaf.Subject.CommonName != name {
			t.Errorf("certificate %s is in use, want %s", pair.Leaf.Subject.CommonName, name)
		}
		if (logged == "") != (log.Len() == 0) || !strings.Contains(log.String(), logged) {
			t.Errorf("logged %q, want %q", &log, logged)
		}
	}
	reload(5, "one", "")
	write(t, certFile, twoCert)
	reload(1, "one", "") // perhaps half written
	write(t, keyFile, twoKey)
	reload(1, "one", "")
	reload(1, "two", "certificate renewed")
	if !strings.Contains(log.String(), "expires soon") {
		t.Errorf("no warning a minute before the end: %s", &log)
	}
	reload(5, "two", "")
	log.Reset()
	if _, err := newCertificate(certFile, keyFile, c.log); err != nil || !strings.Contains(log.String(), "expires soon") {
		t.Errorf("no warning at the start: %v, %s", err, &log)
	}

	write(t, certFile, twoCert+oneCert[:len(oneCert)-30])
	reload(5, "two", "only 1 of 2 certificates can be read")
	write(t, certFile, twoCert+oneCert)
	reload(2, "two", "certificate renewed")

	write(t, keyFile, oneKey)
	reload(5, "two", "private key does not match public key")
	if strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("logged more than once: %s", &log)
	}
	write(t, certFile, oneCert)
	reload(2, "one", "certificate renewed")
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	reload(5, "one", "no such file")
	write(t, certFile, oneCert)
	reload(5, "one", "certificate renewed")
}
