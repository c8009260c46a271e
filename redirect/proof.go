package redirect

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"snomredirect/macaddr"
)

var errNoCertificate = errors.New("no certificate")

// proof returns the phone that a caller has proven to be: that of its factory
// certificate, whose subject's common name is the phone's MAC. That the caller
// holds the certificate's key is seen to by the handshake, which lets any
// certificate through; here it is held against authorities, along with the
// intermediate ones that the caller has sent. Those of snom's first generation
// are signed with SHA-1 and prove nothing (crypto/x509 refuses them).
//
// The error is why there is no proof, for the log.
func proof(s *tls.ConnectionState, authorities *x509.CertPool) (macaddr.Addr, error) {
	if s == nil || len(s.PeerCertificates) == 0 {
		return macaddr.Addr{}, errNoCertificate
	}
	phone, sent := s.PeerCertificates[0], x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		sent.AddCert(c)
	}
	if _, err := phone.Verify(x509.VerifyOptions{
		Roots:         authorities,
		Intermediates: sent,
		// Which usages snom's certificates name, if any, is not known.
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}); err != nil {
		return macaddr.Addr{}, err
	}
	mac, err := macaddr.Parse(phone.Subject.CommonName)
	if err != nil {
		return macaddr.Addr{}, fmt.Errorf("the certificate of %q names no phone", phone.Subject.CommonName)
	}
	return mac, nil
}
