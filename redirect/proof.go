package redirect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"snomredirect/macaddr"
)

var errNoCertificate = errors.New("no certificate")

// maxSent bounds the certificates that a phone presents: its own and those of the
// authorities between. No chain that is real comes near.
const maxSent = 8

// proof returns the phone that a caller has proven to be: that of its factory
// certificate, whose subject's common name is the phone's MAC. That the caller
// holds the certificate's key is seen to by the handshake, which lets any
// certificate through; here it is held against authorities, along with the
// intermediate ones that the caller has sent. Those of snom's first generation
// are signed with SHA-1 and prove nothing (crypto/x509 refuses them).
//
// The error is why there is no proof, for the log.
func proof(s *tls.ConnectionState, authorities *x509.CertPool) (macaddr.Addr, error) {
	if s == nil || len(s.PeerCertificates) == 0 || authorities == nil { // nil would be the system's
		return macaddr.Addr{}, errNoCertificate
	}
	if n := len(s.PeerCertificates); n > maxSent {
		return macaddr.Addr{}, fmt.Errorf("%d certificates, where %d are the most", n, maxSent)
	}
	options := x509.VerifyOptions{
		Roots:         authorities,
		Intermediates: x509.NewCertPool(),
		// Which usages snom's certificates name, if any, is not known.
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	// They come from the phone's upwards. From the top downwards, each is held
	// against the authorities and those found good before: strangers make up no
	// key that is worked with, which may be slow (a hundred keys of RSA with 8192
	// bits took half a second).
	phone, above := s.PeerCertificates[0], s.PeerCertificates[1:]
	var useless error
	for _, c := range slices.Backward(above) {
		if _, err := c.Verify(options); err != nil {
			useless = fmt.Errorf("; and that of %q above it: %w", c.Subject.CommonName, err)
			continue
		}
		options.Intermediates.AddCert(c)
	}
	switch _, err := phone.Verify(options); {
	case err != nil && useless != nil:
		return macaddr.Addr{}, fmt.Errorf("%w%w", err, useless)
	case err != nil:
		return macaddr.Addr{}, err
	}
	mac, err := macaddr.Parse(phone.Subject.CommonName)
	if err != nil {
		return macaddr.Addr{}, fmt.Errorf("the certificate of %q names no phone", phone.Subject.CommonName)
	}
	return mac, nil
}
