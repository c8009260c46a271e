package etcd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"snomredirect/store/bolt"
	"snomredirect/store/etcd/etcdtest"
)

// A ca signs certificates for a test.
type ca struct {
	*testing.T
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newCA(t *testing.T) *ca {
	c := &ca{T: t, folder: t.TempDir()}
	c.cert, c.key = c.sign("ca", nil, nil)
	return c
}

// sign makes a certificate, and writes it and its key to files.
func (c *ca) sign(name string, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	c.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		c.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(c.file(file), pem.EncodeToMemory(block), 0o600); err != nil {
			c.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.Fatal(err)
	}
	return cert, key
}

func (c *ca) file(name string) string { return filepath.Join(c.folder, name) }

// secured returns the URL of a port that forwards to etcd what comes over TLS with a
// certificate of the CA.
func (c *ca) secured(url string) string {
	c.sign("etcd", c.cert, c.key)
	pair, err := tls.LoadX509KeyPair(c.file("etcd.pem"), c.file("etcd.key"))
	if err != nil {
		c.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c.cert)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"h2"}})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
				if err != nil {
					return
				}
				defer out.Close()
				go func() { _, _ = io.Copy(out, in); out.Close() }()
				_, _ = io.Copy(in, out)
			}()
		}
	}()
	return "https://" + l.Addr().String()
}

// A node connects with a certificate of the CA that etcd accepts, and not without one.
func TestTLS(t *testing.T) {
	c := newCA(t)
	url := c.secured(etcdtest.Start(t, 1)[0].URL)
	c.sign("node", c.cert, c.key)
	for name, x := range map[string]struct {
		tls  TLS
		want string
	}{
		"right":          {TLS{c.file("ca.pem"), c.file("node.pem"), c.file("node.key")}, ""},
		"no certificate": {TLS{CA: c.file("ca.pem")}, "can't be reached"},
		"another CA":     {TLS{newCA(t).file("ca.pem"), c.file("node.pem"), c.file("node.key")}, "can't be reached"},
		"no key":         {TLS{CA: c.file("ca.pem"), Cert: c.file("node.pem")}, "both --etcd-cert and --etcd-key"},
		"no CA's file":   {TLS{CA: c.file("none")}, "--etcd-ca"},
		"no PEM":         {TLS{CA: c.file("node.key")}, "expected certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for etcd
			n, err := Open(t.Context(), t.TempDir(), bolt.Config{}, Config{Endpoints: []string{url}, Prefix: "sr1/", Name: "a", TLS: x.tls})
			if err == nil {
				account(t, n, "acme")
				err = n.Close()
			}
			if (err == nil) != (x.want == "") || err != nil && !strings.Contains(err.Error(), x.want) {
				t.Error(err)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	for text, ok := range map[string]bool{"https://e:2379": true, "http://127.0.0.1:2379": true, "https://a:1,https://b:1": true, "": false, "e:2379": false, "http://a:1,https://b:1": false, "https://u:p@a:1": false, "https://a:1/x": false} {
		endpoints := strings.Split(text, ",")
		if _, err := checkEndpoints(endpoints); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := (TLS{CA: "x"}).config([]string{"http://a:1"}); err == nil {
		t.Error("a CA without https")
	}
}
