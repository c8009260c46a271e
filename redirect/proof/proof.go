// Package proof verifies the factory certificates by which phones prove their MACs.
package proof

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"snomredirect/macaddr"
)

var errNoCertificate = errors.New("no certificate")

// MaxSent bounds the certificates that a phone sends: its own and the
// intermediates. No real chain comes close.
const MaxSent = 8

// MAC returns the MAC that a client has proven: the common name of its factory
// certificate. The TLS handshake accepts any certificate and verifies only that
// the client has its key. MAC verifies the certificate against authorities,
// with the intermediates that the client sent. Certificates of snom's first
// generation are signed with SHA-1 and prove nothing: crypto/x509 rejects them.
//
// The error is for the log.
func MAC(s *tls.ConnectionState, authorities *x509.CertPool) (macaddr.Addr, error) {
	if s == nil || len(s.PeerCertificates) == 0 || authorities == nil { // nil would be the system's
		return macaddr.Addr{}, errNoCertificate
	}
	if n := len(s.PeerCertificates); n > MaxSent {
		return macaddr.Addr{}, fmt.Errorf("%d certificates: expected at most %d", n, MaxSent)
	}
	options := x509.VerifyOptions{
		Roots:         authorities,
		Intermediates: x509.NewCertPool(),
		// It is unknown which usages snom's certificates name, if any.
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	// The phone's certificate comes first, the one nearest the root last. From the
	// last on, each is verified against the authorities and the intermediates
	// verified before. No signature is verified with a client's unverified key,
	// which can be slow: a hundred RSA keys of 8192 bits took half a second.
	phone, intermediates := s.PeerCertificates[0], s.PeerCertificates[1:]
	var rejected error
	for _, c := range slices.Backward(intermediates) {
		if _, err := c.Verify(options); err != nil {
			rejected = fmt.Errorf("; intermediate certificate of %q: %w", c.Subject.CommonName, err)
			continue
		}
		options.Intermediates.AddCert(c)
	}
	switch _, err := phone.Verify(options); {
	case err != nil && rejected != nil:
		return macaddr.Addr{}, fmt.Errorf("%w%w", err, rejected)
	case err != nil:
		return macaddr.Addr{}, err
	}
	mac, err := macaddr.Parse(phone.Subject.CommonName)
	if err != nil {
		return macaddr.Addr{}, fmt.Errorf("certificate of %q names no phone", phone.Subject.CommonName)
	}
	return mac, nil
}
