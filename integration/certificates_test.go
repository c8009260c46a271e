package integration

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// ca NAME [PARENT] [cn=TEXT] [weak] creates a certificate authority: NAME.pem, with
// its certificate and those of the CAs above it, and NAME.key. As in what TLS
// sends, NAME.pem does not contain the root unless NAME is the root. Without
// PARENT, NAME is a root. Its common name is NAME or TEXT. A weak CA is like
// snom's old "Snom Phone 1": RSA with 1024 bits and SHA-1 signatures.
func ca(ts *testscript.TestScript, neg bool, args []string) {
	l, parent := look{ca: true}, ""
	valid := len(args) > 0 && !neg
	for i, arg := range args {
		text, isCN := strings.CutPrefix(arg, "cn=")
		switch {
		case i == 0:
			l.cn = arg
		case isCN:
			l.cn = text
		case arg == "weak":
			l.weak = true
		case i == 1:
			parent = arg
		default:
			valid = false
		}
	}
	if !valid {
		ts.Fatalf("usage: ca NAME [PARENT] [cn=TEXT] [weak]")
	}
	ts.Check(of(ts).makeCertificate(args[0], parent, l))
}

// certificate NAME CA CN [expired] [weak] creates a certificate signed by CA:
// NAME.pem, with the certificates of the CAs except the root, and NAME.key. If CN
// is twelve hex digits, it is a phone's factory certificate, without key usages;
// otherwise a server's, for that name, localhost and 127.0.0.1. An expired one
// ended yesterday.
func certificate(ts *testscript.TestScript, neg bool, args []string) {
	var l look
	valid := len(args) >= 3 && !neg
	for _, arg := range args[min(3, len(args)):] {
		switch arg {
		case "expired":
			l.expired = true
		case "weak":
			l.weak = true
		default:
			valid = false
		}
	}
	if !valid {
		ts.Fatalf("usage: certificate NAME CA CN [expired] [weak]")
	}
	l.cn = args[2]
	ts.Check(of(ts).makeCertificate(args[0], args[1], l))
}

// A look describes a certificate.
type look struct {
	cn                string
	ca, expired, weak bool
}

const weakBits = 1024

var phoneCN = regexp.MustCompile(`^[0-9A-Fa-f]{12}$`)

// makeCertificate creates a certificate with a new key, signed by the named issuer
// or, if issuer is "", self-signed. A weak issuer signs with SHA-1.
func (s *story) makeCertificate(name, issuer string, l look) error {
	day := 24 * time.Hour
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: l.cn},
		NotBefore:             time.Now().Add(-2 * day),
		NotAfter:              time.Now().Add(365 * day),
		BasicConstraintsValid: true,
		IsCA:                  l.ca,
	}
	switch {
	case l.ca:
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	case !phoneCN.MatchString(l.cn):
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		template.DNSNames = []string{l.cn, "localhost"}
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	if l.expired {
		template.NotAfter = time.Now().Add(-day)
	}
	bits := 2048
	if l.weak {
		bits = weakBits
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return err
	}
	parent, signer, above := template, key, [][]byte(nil)
	if issuer != "" {
		pair, err := s.pair(issuer)
		if err != nil {
			return err
		}
		parent, signer = pair.Leaf, pair.PrivateKey.(*rsa.PrivateKey)
		if !bytes.Equal(parent.RawIssuer, parent.RawSubject) {
			above = pair.Certificate
		}
	}
	template.SignatureAlgorithm = x509.SHA256WithRSA
	if l.weak || signer.N.BitLen() == weakBits {
		template.SignatureAlgorithm = x509.SHA1WithRSA
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	var chain []byte
	for _, der := range append([][]byte{der}, above...) {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file := filepath.Join(s.folder, name)
	return errors.Join(
		os.WriteFile(file+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
		os.WriteFile(file+".pem", chain, 0o600))
}

// pair reads NAME.pem and NAME.key.
func (s *story) pair(name string) (tls.Certificate, error) {
	file := filepath.Join(s.folder, name)
	return tls.LoadX509KeyPair(file+".pem", file+".key")
}

// pool reads the certificates of NAME.pem.
func (s *story) pool(name string) (*x509.CertPool, error) {
	text, err := os.ReadFile(filepath.Join(s.folder, name+".pem"))
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(text) {
		err = errors.New(name + ".pem: no certificates")
	}
	return pool, err
}

// tlsOfPhone returns the TLS configuration of a phone with that certificate, or
// without one if cert is "". The phone presents it to every server that requests a
// certificate.
func (s *story) tlsOfPhone(cert, cacert string) (*tls.Config, error) {
	roots, err := s.pool(cacert)
	if err != nil || cert == "" {
		return &tls.Config{RootCAs: roots}, err
	}
	pair, err := s.pair(cert)
	return &tls.Config{RootCAs: roots, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &pair, nil
	}}, err
}
