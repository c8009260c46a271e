package boot

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// ErrUntrusted means that the phone ended the connection before its request.
var ErrUntrusted = errors.New("the server's certificate is not trusted")

// ExplainTLS returns an error that explains a failed handshake to people. It returns
// other errors as they are.
func ExplainTLS(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "remote error" {
		return fmt.Errorf("the server rejected the TLS handshake: %w", op.Err)
	}
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) {
		return err
	}
	var unknownCA x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var otherHost x509.HostnameError
	switch {
	case errors.As(err, &unknownCA):
		// Go may add a reason, such as a signature with SHA-1.
		_, more, _ := strings.Cut(unknownCA.Error(), "unknown authority")
		return fmt.Errorf("%w: it was issued by an unknown CA, %s%s", ErrUntrusted, unknownCA.Cert.Issuer, more)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		const layout = "2006-01-02 15:04 UTC"
		return fmt.Errorf("%w: %s is valid from %s to %s", ErrUntrusted, invalid.Cert.Subject,
			invalid.Cert.NotBefore.UTC().Format(layout), invalid.Cert.NotAfter.UTC().Format(layout))
	case errors.As(err, &otherHost):
		names := slices.Clone(otherHost.Certificate.DNSNames)
		for _, ip := range otherHost.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		return fmt.Errorf("%w: it is for %s, not for %s", ErrUntrusted, cmp.Or(strings.Join(names, ", "), "no host"), otherHost.Host)
	}
	return fmt.Errorf("%w: %s", ErrUntrusted, strings.TrimPrefix(failed.Err.Error(), "x509: "))
}
