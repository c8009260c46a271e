package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
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
