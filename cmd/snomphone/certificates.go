package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"snomredirect/macaddr"
)

// certificates are the flags for HTTPS.
type certificates struct {
	Cert   string `placeholder:"FILE" help:"Factory certificate in PEM, followed by its intermediates. Presented to every server that requests one."`
	Key    string `placeholder:"FILE" help:"Key of --cert in PEM, not encrypted."`
	CACert string `name:"cacert" placeholder:"FILE" help:"Trust these CAs, in PEM, instead of the system's."`
}

// tls returns the phone's TLS configuration. Its errors are about the flags.
func (c certificates) tls() (*tls.Config, error) {
	var config tls.Config
	if (c.Cert == "") != (c.Key == "") {
		return nil, errors.New("--cert and --key: expected both, the phone's certificate and its key, or neither")
	}
	if c.Cert != "" {
		pair, err := readPair(c.Cert, c.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
		// A phone has no other certificate and presents it even if the server names
		// other CAs. Go by itself would withhold it.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if c.CACert != "" {
		var err error
		if _, config.RootCAs, err = readCertificates("--cacert", c.CACert); err != nil {
			return nil, err
		}
	}
	return &config, nil
}

func readPair(certFile, keyFile string) (tls.Certificate, error) {
	certs, _, err := readCertificates("--cert", certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readFile("--key", keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(certs, key)
	if err != nil {
		err = fmt.Errorf("--key %s: expected a PEM file with the key of the first certificate in %s, not encrypted (%s)", keyFile, certFile, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return pair, err
}

// readCertificates returns the content of a file of certificates, and their pool.
func readCertificates(flag, file string) ([]byte, *x509.CertPool, error) {
	text, err := readFile(flag, file)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s %s: expected a PEM file with certificates", flag, file)
	}
	return text, pool, nil
}

func readFile(flag, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if failed := (*os.PathError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("%s %s: expected a readable PEM file (%w)", flag, file, failed.Err)
	}
	return text, err
}

// macOf returns the common name of the phone's certificate, which is its MAC.
func macOf(config *tls.Config) (string, error) {
	if len(config.Certificates) == 0 {
		return "", errors.New("--mac: expected the phone's MAC, or --cert and --key that contain it")
	}
	name := config.Certificates[0].Leaf.Subject.CommonName
	if _, err := macaddr.Parse(name); err != nil {
		return "", fmt.Errorf("--cert: its common name %q is not a MAC: set --mac too", name)
	}
	return name, nil
}

// errUntrusted means that the phone ended the connection before its request.
var errUntrusted = errors.New("the server's certificate is not trusted")

// explainTLS returns an error that explains a failed handshake to people. It returns
// other errors as they are.
func explainTLS(err error) error {
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
		return fmt.Errorf("%w: it was issued by an unknown CA, %s%s; --cacert sets the CAs to trust", errUntrusted, unknownCA.Cert.Issuer, more)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		const layout = "2006-01-02 15:04 UTC"
		return fmt.Errorf("%w: %s is valid from %s to %s", errUntrusted, invalid.Cert.Subject,
			invalid.Cert.NotBefore.UTC().Format(layout), invalid.Cert.NotAfter.UTC().Format(layout))
	case errors.As(err, &otherHost):
		names := slices.Clone(otherHost.Certificate.DNSNames)
		for _, ip := range otherHost.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		return fmt.Errorf("%w: it is for %s, not for %s", errUntrusted, cmp.Or(strings.Join(names, ", "), "no host"), otherHost.Host)
	}
	return fmt.Errorf("%w: %s", errUntrusted, strings.TrimPrefix(failed.Err.Error(), "x509: "))
}
