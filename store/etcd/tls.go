package etcd

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// A TLS is how connections to etcd are secured: the names of files in PEM.
type TLS struct {
	CA        string // signs etcd's certificates; if "", the system's CAs do
	Cert, Key string // of this node; both "" if etcd needs none
}

// config returns the configuration for endpoints, or nil if they are not secured.
func (t TLS) config(endpoints []string) (*tls.Config, error) {
	secured, err := checkEndpoints(endpoints)
	if err != nil {
		return nil, err
	}
	switch {
	case !secured && t != TLS{}:
		return nil, errors.New("--etcd-ca, --etcd-cert and --etcd-key are for https://: expected such URLs in --etcd")
	case (t.Cert == "") != (t.Key == ""):
		return nil, errors.New("expected both --etcd-cert and --etcd-key, or neither")
	case !secured:
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("--etcd-ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--etcd-ca %s: expected certificates in PEM", t.CA)
		}
	}
	if t.Cert == "" {
		return c, nil
	}
	// Read again for each connection, because it is renewed.
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		return &pair, err
	}
	if _, err := tls.LoadX509KeyPair(t.Cert, t.Key); err != nil {
		return nil, fmt.Errorf("--etcd-cert %s and --etcd-key %s: expected a certificate and its key in PEM: %w", t.Cert, t.Key, err)
	}
	return c, nil
}

// checkEndpoints checks the URLs of etcd's members, and reports whether they are secured.
func checkEndpoints(endpoints []string) (secured bool, err error) {
	if len(endpoints) == 0 {
		return false, errors.New("--etcd: expected URLs of etcd's members, such as https://etcd1.example.com:2379")
	}
	for i, text := range endpoints {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
			return false, fmt.Errorf("--etcd %q: expected a URL such as https://etcd1.example.com:2379", text)
		}
		if i > 0 && secured != (u.Scheme == "https") {
			return false, errors.New("--etcd: expected either only https:// or only http://")
		}
		secured = u.Scheme == "https"
	}
	return secured, nil
}
