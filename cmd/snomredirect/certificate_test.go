package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPair returns a certificate of that name by itself, and its key, in PEM.
func newPair(t testing.TB, name string, end time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCertificateChanges(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key")
	year := time.Now().AddDate(1, 0, 0)
	oneCert, oneKey := newPair(t, "one", year)
	twoCert, twoKey := newPair(t, "two", time.Now().Add(time.Minute))
	write(t, certFile, oneCert)
	write(t, keyFile, oneKey)
	var log bytes.Buffer
	c, err := newCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	// looks n times, and tells what the log says.
	shows := func(n int, name, told string) {
		t.Helper()
		log.Reset()
		for range n {
			c.look()
		}
		if pair, _ := c.get(nil); pair.Leaf.Subject.CommonName != name {
			t.Errorf("it shows %s, want %s", pair.Leaf.Subject.CommonName, name)
		}
		if (told == "") != (log.Len() == 0) || !strings.Contains(log.String(), told) {
			t.Errorf("told %q, want %q", &log, told)
		}
	}
	shows(5, "one", "")
	write(t, certFile, twoCert)
	shows(1, "one", "") // half written, perhaps
	write(t, keyFile, twoKey)
	shows(1, "one", "")
	shows(1, "two", "certificate renewed")
	if !strings.Contains(log.String(), "ends soon") {
		t.Errorf("a minute is not soon: %s", &log)
	}
	shows(5, "two", "")
	log.Reset()
	if _, err := newCertificate(certFile, keyFile, c.log); err != nil || !strings.Contains(log.String(), "ends soon") {
		t.Errorf("at the start: %v, %s", err, &log)
	}

	write(t, certFile, twoCert+oneCert[:len(oneCert)-30])
	shows(5, "two", "2 certificates begin and 1 can be read")
	write(t, certFile, twoCert+oneCert)
	shows(2, "two", "certificate renewed")

	write(t, keyFile, oneKey)
	shows(5, "two", "private key does not match public key")
	if strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("told more than once: %s", &log)
	}
	write(t, certFile, oneCert)
	shows(2, "one", "certificate renewed")
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	shows(5, "one", "no such file")
	write(t, certFile, oneCert)
	shows(5, "one", "certificate renewed")
}

func TestCertificateFlags(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	cert, key := newPair(t, "one", time.Now().AddDate(1, 0, 0))
	write(t, at("tls.pem"), cert)
	write(t, at("tls.key"), key)
	write(t, at("empty"), "")
	write(t, at("cut"), cert[:len(cert)/2])
	write(t, at("damaged"), strings.Replace(cert, "MII", "AII", 1))
	_, other := newPair(t, "two", time.Now().AddDate(1, 0, 0))
	write(t, at("other.key"), other)
	for _, c := range []struct {
		serve
		want  string // "" is good
		usage bool
	}{
		{serve{HTTP: ":80"}, "", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key")}, "", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("tls.pem"), RequirePhoneCert: true}, "", false},
		{serve{HTTP: ":80", RDS: ":8083"}, "", false},
		{serve{HTTP: ":80", RDS: ":8083", TLSCert: at("tls.pem"), TLSKey: at("tls.key")}, "", false},
		{serve{HTTP: ":80", RDS: ":8083", TLSKey: at("tls.key")}, "expected both", true},
		{serve{HTTP: ":80", RDS: ":8083", RDSPlain: true, TLSCert: at("tls.pem"), TLSKey: at("tls.key")}, "or --rds, too", true},
		{serve{HTTP: ":80", RDS: ":8083", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("tls.pem")}, "give --https", true},
		{serve{}, "no phone would be answered", true},
		{serve{HTTP: ":80", TLSCert: at("tls.pem")}, "give --https", true},
		{serve{HTTP: ":80", RequirePhoneCert: true}, "give --https", true},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem")}, "expected --tls-cert and --tls-key", true},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), RequirePhoneCert: true}, "expected --phone-ca, too", true},
		{serve{HTTPS: ":443", TLSCert: at("none"), TLSKey: at("tls.key")}, "--tls-cert " + at("none") + ": no such file or directory", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("none")}, "--tls-key " + at("none") + ": no such file or directory", false},
		{serve{HTTPS: ":443", TLSCert: at("empty"), TLSKey: at("tls.key")}, "expected a certificate in PEM", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("other.key")}, "private key does not match public key", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("none")}, "--phone-ca " + at("none") + ": no such file or directory", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("empty")}, "there is none", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("cut")}, "there is none", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("damaged")}, "nothing else", false},
		{serve{HTTPS: ":443", TLSCert: at("tls.pem"), TLSKey: at("tls.key"), PhoneCA: at("tls.key")}, "a block of PRIVATE KEY", false},
	} {
		own, phones, err := c.certificates(slog.New(slog.DiscardHandler))
		if c.want == "" {
			if err != nil || (own != nil) != (c.TLSCert != "") || (phones != nil) != (c.PhoneCA != "") {
				t.Errorf("%+v: %v, %v, %v", c.serve, own, phones, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, errUsage) != c.usage {
			t.Errorf("%+v: %v, want %q", c.serve, err, c.want)
		}
	}
}

// Whatever certificate a phone presents, and old versions of TLS apart, the
// handshake succeeds; phones are asked for one only where it counts.
func TestHandshakes(t *testing.T) {
	folder := t.TempDir()
	cert, key := newPair(t, "localhost", time.Now().AddDate(1, 0, 0))
	write(t, filepath.Join(folder, "tls.pem"), cert)
	write(t, filepath.Join(folder, "tls.key"), key)
	own, err := newCertificate(filepath.Join(folder, "tls.pem"), filepath.Join(folder, "tls.key"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	some := x509.NewCertPool()
	some.AddCert(own.current.Load().Leaf)
	for _, phones := range []*x509.CertPool{nil, some} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d := newPhoneServer(l, http.NotFoundHandler(), tlsConfig(own, phones), slog.New(slog.DiscardHandler))
		go d.serve()
		defer d.server.Close()
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			asked := false
			conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{
				InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version, NextProtos: []string{"h2", "http/1.1"},
				GetClientCertificate: func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
					asked = true
					if len(request.AcceptableCAs) > 0 {
						t.Error("authorities are named: a phone may keep back what is of none of them")
					}
					return &tls.Certificate{}, nil
				}})
			if (err == nil) != want || want && asked != (phones != nil) {
				t.Errorf("%s: %v, asked for a certificate %v", tls.VersionName(version), err, asked)
			}
			if err == nil {
				if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
					t.Errorf("it speaks %q", got)
				}
				conn.Close()
			}
		}
	}
}

func TestHealthOverHTTPS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }))
	defer s.Close()
	var out bytes.Buffer
	if err := (&health{HTTPS: s.Listener.Addr().String()}).Run(t.Context(), output{&out, io.Discard}); err != nil || out.String() != "ok\n" {
		t.Errorf("%q, %v", &out, err)
	}
	if err := (&health{}).Run(t.Context(), output{io.Discard, io.Discard}); err == nil || !errors.Is(err, errUsage) {
		t.Error(err)
	}
}

// A key that others may have worked out proves nothing, whatever it has signed.
func TestWeakAuthority(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "Snom Phone 1"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	weak := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	good, _ := newPair(t, "good", time.Now().AddDate(1, 0, 0))
	file := filepath.Join(t.TempDir(), "phones.pem")
	read := func(text string) (*x509.CertPool, string) {
		t.Helper()
		write(t, file, text)
		var log bytes.Buffer
		pool, err := authorities(file, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return pool, log.String()
	}
	alone, silence := read(good)
	both, told := read(weak + good)
	if !both.Equal(alone) || !strings.Contains(told, `name="Snom Phone 1" bits=1024`) || silence != "" {
		t.Errorf("%v %q %q", both.Equal(alone), told, silence)
	}
}
