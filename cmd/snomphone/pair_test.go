package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A pair is a certificate and its key, each also in a file.
type pair struct {
	cert              *x509.Certificate
	key               crypto.Signer
	certFile, keyFile string // certFile also contains the issuer's certificate
}

// makePair makes a certificate signed by issuer. If issuer is nil, it is self-signed.
// If the template says SHA-1, the key is RSA with 1024 bits, as in old phones.
func makePair(t testing.TB, issuer *pair, template x509.Certificate) *pair {
	t.Helper()
	template.NotBefore = time.Now().Add(-48 * time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	p := &pair{}
	var err error
	if template.SignatureAlgorithm == x509.SHA1WithRSA {
		p.key, err = rsa.GenerateKey(rand.Reader, 1024)
	} else {
		p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := &template, p.key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, p.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if issuer != nil {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.cert.Raw})...)
	}
	p.certFile = writeFile(t, "cert.pem", chain)
	p.keyFile = writeFile(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	return p
}

func writeFile(t testing.TB, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func authority(name string, algorithm x509.SignatureAlgorithm) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, SignatureAlgorithm: algorithm, IsCA: true, BasicConstraintsValid: true}
}

func factory(algorithm x509.SignatureAlgorithm) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: testMAC}, SignatureAlgorithm: algorithm}
}

func hosts(names ...string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
}

// serveTLS serves a host with the certificate p and its issuer's.
func (w *world) serveTLS(host string, p *pair, config *tls.Config, h http.Handler) *httptest.Server {
	w.Helper()
	cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		w.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.TLS = config.Clone()
	s.TLS.Certificates = []tls.Certificate{cert}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that phones reject
	s.StartTLS()
	w.Cleanup(s.Close)
	w.servers[host+":443"] = s.Listener.Addr().String()
	return s
}

func poolOf(p *pair) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.cert)
	return pool
}
