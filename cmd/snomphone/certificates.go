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

// certificates are what phones and servers prove themselves by over HTTPS.
type certificates struct {
	Cert   string `placeholder:"FILE" help:"Present this factory certificate to every server that asks for one: PEM, the phone's first and then those of the authorities above it."`
	Key    string `placeholder:"FILE" help:"The key of --cert, as PEM that is not encrypted."`
	CACert string `name:"cacert" placeholder:"FILE" help:"Trust servers by these authorities, as PEM, and not by the system's."`
}

// tls returns how the phone speaks TLS. The errors are about the flags.
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
		// A phone has no other, and presents it though the server names other
		// authorities: Go itself would withhold it.
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

// readCertificates returns a file of certificates as it is and as a pool.
func readCertificates(flag, file string) ([]byte, *x509.CertPool, error) {
	text, err := readFile(flag, file)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s %s: expected a PEM file with certificates, each from a line -----BEGIN CERTIFICATE----- on", flag, file)
	}
	return text, pool, nil
}

func readFile(flag, file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if failed := (*os.PathError)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("%s %s: expected a PEM file that can be read (%w)", flag, file, failed.Err)
	}
	return text, err
}

// macOf returns the MAC that the phone's certificate is for, in its common name.
func macOf(config *tls.Config) (string, error) {
	if len(config.Certificates) == 0 {
		return "", errors.New("--mac: expected the phone's MAC, or --cert and --key to take it from")
	}
	name := config.Certificates[0].Leaf.Subject.CommonName
	if _, err := macaddr.Parse(name); err != nil {
		return "", fmt.Errorf("--cert: is for %q, which is no phone's: name the phone too, with --mac", name)
	}
	return name, nil
}

// errUntrusted: the phone ends the connection before it has asked.
var errUntrusted = errors.New("the server's certificate is not trusted")

// inWords tells a failure of TLS to people.
func inWords(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "remote error" {
		return fmt.Errorf("the server refuses to speak TLS with this phone: %w", op.Err)
	}
	var failed *tls.CertificateVerificationError
	if !errors.As(err, &failed) {
		return err
	}
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		// The library may know more, as of one that signs with SHA-1.
		_, more, _ := strings.Cut(unknown.Error(), "unknown authority")
		return fmt.Errorf("%w: it is by an unknown authority, %s%s; --cacert trusts others", errUntrusted, unknown.Cert.Issuer, more)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		const layout = "2006-01-02 15:04 UTC"
		return fmt.Errorf("%w: %s is valid from %s to %s", errUntrusted, invalid.Cert.Subject,
			invalid.Cert.NotBefore.UTC().Format(layout), invalid.Cert.NotAfter.UTC().Format(layout))
	case errors.As(err, &other):
		names := slices.Clone(other.Certificate.DNSNames)
		for _, ip := range other.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		return fmt.Errorf("%w: it is for %s, not for %s", errUntrusted, cmp.Or(strings.Join(names, ", "), "no host"), other.Host)
	}
	return fmt.Errorf("%w: %s", errUntrusted, strings.TrimPrefix(failed.Err.Error(), "x509: "))
}
