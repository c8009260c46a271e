package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
)

// selfSigned reads a certificate and its key from file.pem and file.key. If there
// is no certificate, it makes both, for localhost, the hosts that snom's tools use
// and the given names. They are on disk, synced, before it returns. Tools pin the
// certificate, so it is not replaced if only its key is missing.
func selfSigned(file string, names []string) (pair tls.Certificate, err error) {
	if _, err = os.Stat(file + ".pem"); errors.Is(err, fs.ErrNotExist) {
		pair, err = makeSelfSigned(file, names)
	} else {
		pair, err = tls.LoadX509KeyPair(file+".pem", file+".key")
	}
	if err != nil {
		return pair, fmt.Errorf("%s.pem and %s.key: expected a certificate and its key, or no files, to make new ones: %w", file, file, err)
	}
	return pair, nil
}

func makeSelfSigned(file string, names []string) (tls.Certificate, error) {
	cert, key, err := newSelfSigned(names)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := writeDurable(file+".key", key); err != nil {
		return tls.Certificate{}, err
	}
	if err := writeDurable(file+".pem", cert); err != nil { // last: selfSigned takes it as the sign of both
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// newSelfSigned returns a new certificate and its key, in PEM.
func newSelfSigned(names []string) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "snomredirect"},
		NotBefore:             now.Add(-24 * time.Hour), // a tool's clock may be slow
		NotAfter:              now.AddDate(20, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, // not a CA: trusting it means trusting its own names only
		DNSNames:              []string{"localhost", "secure-provisioning.snom.com", "provisioning.snom.com"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, name := range names {
		name = strings.TrimRight(strings.Trim(strings.TrimSpace(name), "[]"), ".")
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}

// fingerprint returns the SHA-256 of a certificate as OpenSSL writes it: 3A:F0:….
func fingerprint(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	var b bytes.Buffer
	for i, octet := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", octet)
	}
	return b.String()
}
