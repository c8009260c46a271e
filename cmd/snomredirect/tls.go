package main

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// readCertificates reads the service's own certificate and the CAs of phones'
// certificates. Each is nil if its flag is not set.
func (s *serve) readCertificates(log *slog.Logger) (*certificate, *x509.CertPool, error) {
	if s.TLSCert == "" {
		return nil, nil, nil
	}
	own, err := newCertificate(s.TLSCert, s.TLSKey, log)
	if err != nil || s.PhoneCA == "" {
		return own, nil, err
	}
	phoneCAs, err := readPhoneCAs(s.PhoneCA, log)
	return own, phoneCAs, err
}

// newTLSConfig returns the TLS configuration that presents own. If phoneCAs is not
// nil, it requests phones' certificates and accepts any: verifying a SHA-1 chain of
// snom's first generation would fail the handshake, so the handler decides what a
// certificate proves. The request names no CAs, since a phone may withhold a
// certificate that none of them signed.
func newTLSConfig(own *certificate, phoneCAs *x509.CertPool) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: own.get}
	if phoneCAs != nil {
		t.ClientAuth = tls.RequestClientCert
	}
	return t
}

// minBits is the length of an RSA key from which a CA is accepted as proof.
const minBits = 2048

// readPhoneCAs reads the CAs that sign phones' certificates. It leaves out a CA
// whose key others may have computed, such as that of snom's first generation with
// 1024 bits.
func readPhoneCAs(file string, log *slog.Logger) (*x509.CertPool, error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--phone-ca %s: %s", file, reason(err))
	}
	pool := x509.NewCertPool()
	n := 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" {
			err = errors.New("found a block of " + block.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("--phone-ca %s: expected only certificates in PEM: %w", file, err)
		}
		n++
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minBits {
			log.Warn("a CA in --phone-ca is ignored: its key is too short to prove anything", "file", file, "name", c.Subject.CommonName, "bits", key.N.BitLen())
			continue
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, fmt.Errorf("--phone-ca %s: expected certificates in PEM and found none", file)
	}
	return pool, nil
}
