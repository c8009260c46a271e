package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snomredirect/redirect/boot"
)

// A phone presents its certificate to each server that it is sent to, even an old
// one with SHA-1 and RSA-1024, and even if the server names other CAs. Its MAC is the
// certificate's common name.
func TestFactoryCertificate(t *testing.T) {
	root := makePair(t, nil, authority("ours", 0))
	server := makePair(t, root, hosts("one.example", "two.example"))
	for _, algorithm := range []x509.SignatureAlgorithm{x509.SHA1WithRSA, x509.ECDSAWithSHA256} {
		phone := makePair(t, makePair(t, nil, authority("Snom Phone 1", algorithm)), factory(algorithm))
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprint(algorithm, " ", tls.VersionName(version)), func(t *testing.T) {
				config := &tls.Config{ClientAuth: tls.RequestClientCert, ClientCAs: poolOf(root), MinVersion: version, MaxVersion: version}
				seen := func(text string) http.HandlerFunc {
					return func(w http.ResponseWriter, r *http.Request) {
						chain := r.TLS.PeerCertificates
						if len(chain) != 2 || !chain[0].Equal(phone.cert) || r.TLS.Version != version || r.ProtoMajor != 1 {
							t.Errorf("%s: %d certificates, %s, %s", r.URL, len(chain), tls.VersionName(r.TLS.Version), r.Proto)
						}
						fmt.Fprint(w, text)
					}
				}
				w := newWorld(t)
				w.serveTLS("one.example", server, config, seen("setting_server$: https://two.example/{mac}\n"))
				w.serveTLS("two.example", server, config, seen("a: 1\n"))
				got, err := w.boot(bootCommand{URL: "https://one.example", certificates: certificates{phone.certFile, phone.keyFile, root.certFile}})
				if err != nil || !strings.Contains(got, "2. https://two.example/"+testMAC+" ") {
					t.Errorf("%v\n%s", err, got)
				}
			})
		}
	}
}

// A server that requires a certificate serves only phones that have one.
func TestCertificateRequired(t *testing.T) {
	root, snom := makePair(t, nil, authority("ours", 0)), makePair(t, nil, authority("Snom Phone 1 SHA-256", 0))
	server, phone := makePair(t, root, hosts("one.example")), makePair(t, snom, factory(0))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var requests atomic.Int64
		w := newWorld(t)
		config := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: poolOf(snom), MinVersion: version, MaxVersion: version}
		w.serveTLS("one.example", server, config, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			fmt.Fprint(w, "a: 1\n")
		}))
		b := bootCommand{MAC: testMAC, URL: "https://one.example/{mac}", certificates: certificates{CACert: root.certFile}}
		if got, err := w.boot(b); err == nil || requests.Load() != 0 {
			t.Errorf("%s: %v, %d requests\n%s", tls.VersionName(version), err, requests.Load(), got)
		}
		b.Cert, b.Key = phone.certFile, phone.keyFile
		if got, err := w.boot(b); err != nil || requests.Load() != 1 {
			t.Errorf("%s: %v, %d requests\n%s", tls.VersionName(version), err, requests.Load(), got)
		}
	}
}

// A phone sends no request to a server whose certificate is not trusted, and says
// why.
func TestServerCertificate(t *testing.T) {
	root, old := makePair(t, nil, authority("ours", 0)), makePair(t, nil, authority("old", x509.SHA1WithRSA))
	ended := hosts("one.example")
	ended.NotAfter = time.Now().Add(-24 * time.Hour)
	weak := hosts("one.example")
	weak.SignatureAlgorithm = x509.SHA1WithRSA
	for name, c := range map[string]struct {
		server *pair
		caFile string
		want   string // in the error, or "" if the server is trusted
	}{
		"good":              {makePair(t, root, hosts("one.example")), root.certFile, ""},
		"expired":           {makePair(t, root, ended), root.certFile, "not trusted: CN=one.example is valid from "},
		"other name":        {makePair(t, root, hosts("two.example")), root.certFile, "not trusted: it is for two.example, 127.0.0.1, not for one.example"},
		"no name":           {makePair(t, root, factory(0)), root.certFile, "not trusted: it is for no host, not for one.example"},
		"other CA":          {makePair(t, root, hosts("one.example")), old.certFile, "not trusted: it was issued by an unknown CA, CN=ours; --cacert sets the CAs to trust"},
		"not the system's":  {makePair(t, root, hosts("one.example")), "", "not trusted: it was issued by an unknown CA, CN=ours; --cacert sets the CAs to trust"},
		"SHA-1 and RSA1024": {makePair(t, old, weak), old.certFile, "insecure algorithm SHA1-RSA"},
		"not for servers": {makePair(t, root, func() x509.Certificate {
			c := hosts("one.example")
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			return c
		}()), root.certFile, "incompatible key usage"},
	} {
		t.Run(name, func(t *testing.T) {
			var requested atomic.Bool
			w := newWorld(t)
			s := w.serveTLS("one.example", c.server, &tls.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requested.Store(true)
				fmt.Fprint(w, "a: 1\n")
			}))
			got, err := w.boot(bootCommand{MAC: testMAC, URL: "https://one.example/x", certificates: certificates{CACert: c.caFile}})
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || requested.Load() != (c.want == "") {
				t.Errorf("%v, want %q; requested: %v\n%s", err, c.want, requested.Load(), got)
			}
			if name != "good" && name != "expired" {
				return
			}
			var out bytes.Buffer
			err = run(t.Context(), []string{"storm", "--phones", "5", "--cacert", c.caFile, s.URL}, output{&out, discard{}})
			want := "           5  no settings\n"
			if c.want != "" {
				want = "           5  certificate not trusted, such as: the server's certificate is not trusted: CN=one.example is valid from "
			}
			if (err == nil) != (c.want == "") || !strings.Contains(out.String(), want) {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

func TestCertificateFlags(t *testing.T) {
	root := makePair(t, nil, authority("ours", 0))
	phone, server := makePair(t, root, factory(0)), makePair(t, root, hosts("one.example"))
	nonsense := writeFile(t, "nonsense.pem", []byte("nonsense\n"))
	folder := t.TempDir()
	for _, c := range []struct {
		certificates
		want string
	}{
		{certificates{Cert: phone.certFile}, "--cert and --key: expected both"},
		{certificates{Key: phone.keyFile}, "--cert and --key: expected both"},
		{certificates{Cert: folder + "/none.pem", Key: phone.keyFile}, "none.pem: expected a readable PEM file (no such file or directory)"},
		{certificates{Cert: phone.certFile, Key: folder}, ": expected a readable PEM file (is a directory)"},
		{certificates{Cert: nonsense, Key: phone.keyFile}, "nonsense.pem: expected a PEM file with certificates"},
		{certificates{Cert: phone.keyFile, Key: phone.keyFile}, "--cert " + phone.keyFile + ": expected a PEM file with certificates"},
		{certificates{Cert: phone.certFile, Key: nonsense}, "--key " + nonsense + ": expected a PEM file with the key of the first certificate in " + phone.certFile},
		{certificates{Cert: phone.certFile, Key: server.keyFile}, "does not match"},
		{certificates{CACert: nonsense}, "--cacert " + nonsense + ": expected a PEM file with certificates"},
		{certificates{CACert: folder + "/none.pem"}, "--cacert " + folder + "/none.pem: expected a readable PEM file"},
		{certificates{Cert: server.certFile, Key: server.keyFile}, `--cert: its common name "one.example" is not a MAC: set --mac too`},
	} {
		var args []string
		for _, flag := range [][2]string{{"--cert", c.Cert}, {"--key", c.Key}, {"--cacert", c.CACert}} {
			if flag[1] != "" {
				args = append(args, flag[0], flag[1])
			}
		}
		commands := [][]string{{"boot", "http://localhost"}, {"storm", "http://localhost"}}
		if c.Cert == server.certFile { // a storm needs no MAC from it
			commands = commands[:1]
		}
		for _, command := range commands {
			if err := run(t.Context(), append(command, args...), output{discard{}, discard{}}); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("snomphone %s %q: %v, want %q", command[0], args, err, c.want)
			}
		}
	}
}

// If a server ends the handshake, the error says why.
func TestServerRefuses(t *testing.T) {
	reason := errors.New("tls: certificate required")
	err := boot.ExplainTLS(&net.OpError{Op: "remote error", Err: reason})
	if want := "the server rejected the TLS handshake: tls: certificate required"; err.Error() != want || !errors.Is(err, reason) {
		t.Errorf("%q, want %q", err, want)
	}
}
