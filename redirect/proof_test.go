package redirect

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"snomredirect/redirect/proof"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An issuer has a certificate, with which it signs others or identifies a client.
type issuer struct {
	cert  *x509.Certificate
	key   crypto.Signer
	chain [][]byte // as a client sends it: cert and the intermediates, without the root
}

// issue returns a certificate for that common name signed by i, or self-signed if
// i is nil. If key is nil, issue generates one. If change is not nil, it edits
// the template.
func (i *issuer) issue(t testing.TB, cn string, key crypto.Signer, change func(*x509.Certificate)) *issuer {
	t.Helper()
	c := &x509.Certificate{Subject: pkix.Name{CommonName: cn}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if change != nil {
		change(c)
	}
	var err error
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	parent, signer, chain := c, key, [][]byte(nil)
	if i != nil {
		parent, signer, chain = i.cert, i.key, i.chain
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if i != nil {
		chain = append([][]byte{der}, chain...)
	}
	return &issuer{c, key, chain}
}

// with returns i with another chain.
func (i *issuer) with(chain [][]byte) *issuer { return &issuer{i.cert, i.key, chain} }

// serveTLS starts the handler on a port of its own, over TLS with optional client
// certificates.
func serveTLS(t *testing.T, c Config) *httptest.Server {
	s := httptest.NewUnstartedServer(New(c))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func authority(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }

// get sends a GET over TLS with the certificate of i, or without one if i is nil.
func (i *issuer) get(t testing.TB, s *httptest.Server, version uint16, path string) (*http.Response, string) {
	t.Helper()
	config := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MaxVersion: version}
	if i != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Certificate: i.chain, PrivateKey: i.key}, nil
		}
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	resp, err := client.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp, body.String()
}

// A proofTest is a client certificate and what it should prove.
type proofTest struct {
	client *issuer // nil presents no certificate
	proven bool
	log    string // part of the log, if any
}

// anotherPhones is the test whose certificate is another phone's.
const anotherPhones = "another phone's"

// proofTests returns the tests by name, and the CAs that they are verified with.
func proofTests(t *testing.T) (map[string]proofTest, *x509.CertPool) {
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sha1 := func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	usage := func(u x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{u} }
	}
	root := (*issuer)(nil).issue(t, "Snom Root", nil, authority)
	snom := root.issue(t, "Snom Phone 1 SHA-256", nil, authority)
	snomSHA1 := (*issuer)(nil).issue(t, "Snom Phone 1", rsa1024, func(c *x509.Certificate) { authority(c); sha1(c) })
	snomExpired := root.issue(t, "Snom Phone 0", nil, func(c *x509.Certificate) { authority(c); expired(c) })
	other := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	good := snom.issue(t, registered, nil, nil)
	selfSigned := (*issuer)(nil).issue(t, registered, nil, nil)

	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	pool.AddCert(snomSHA1.cert)
	return map[string]proofTest{
		"good":                    {good, true, ""},
		"lower case":              {snom.issue(t, strings.ToLower(registered), nil, nil), true, ""},
		"for clients":             {snom.issue(t, registered, nil, usage(x509.ExtKeyUsageClientAuth)), true, ""},
		"for servers":             {snom.issue(t, registered, nil, usage(x509.ExtKeyUsageServerAuth)), true, ""},
		"two intermediates":       {snom.issue(t, "Snom Phone 2", nil, authority).issue(t, registered, nil, nil), true, ""},
		"useless certificate":     {good.with(append(slices.Clone(good.chain), other.cert.Raw)), true, ""},
		"too many certificates":   {good.with(slices.Concat(good.chain, slices.Repeat(good.chain[1:], proof.MaxSent))), false, "10 certificates: expected at most 8"},
		"no certificate":          {nil, false, "no certificate"},
		"expired intermediate":    {snomExpired.issue(t, registered, nil, nil), false, `intermediate certificate of \"Snom Phone 0\": x509: certificate has expired`},
		"no intermediate":         {good.with(good.chain[:1]), false, "unknown authority"},
		"expired":                 {snom.issue(t, registered, nil, expired), false, "expired"},
		"unknown authority":       {other.issue(t, registered, nil, nil), false, "unknown authority"},
		"self-signed":             {selfSigned.with([][]byte{selfSigned.cert.Raw}), false, "unknown authority"},
		"SHA-1 and RSA-1024":      {snomSHA1.issue(t, registered, rsa1024, sha1), false, "SHA1-RSA"},
		"no phone's":              {snom.issue(t, "gatekeeper", nil, nil), false, "names no phone"},
		anotherPhones:             {snom.issue(t, nobodys, nil, nil), false, ""},
		"signed by another phone": {snom.issue(t, nobodys, nil, nil).issue(t, registered, nil, nil), false, "cannot sign"},
	}, pool
}

func TestProof(t *testing.T) {
	tests, pool := proofTests(t)
	for name, c := range tests {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, required := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/required=%v", name, tls.VersionName(version), required), func(t *testing.T) {
					testProof(t, c, name == anotherPhones, version, Config{PhoneAuthorities: pool, RequireProof: required})
				})
			}
		}
	}
}

func testProof(t *testing.T, c proofTest, another bool, version uint16, config Config) {
	var log bytes.Buffer
	observations, contacts := make(chan Observation, 1), make(chan store.Contact, 1)
	config.Finder = finder(t)
	config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config.Observe = func(o Observation) { observations <- o }
	config.OnContact = func(c store.Contact) { contacts <- c }
	s := serveTLS(t, config)
	resp, body := c.client.get(t, s, version, "/snom360.php?mac="+registered)
	s.Close()
	o, contact := <-observations, <-contacts
	want, outcome, answer := file(settings.Plain, server), Redirected, store.Redirected
	switch {
	case another:
		want, outcome, answer = file(settings.Plain, ""), OtherCertificate, store.Withheld
	case config.RequireProof && !c.proven:
		want, outcome, answer = file(settings.Plain, ""), Unproven, store.Withheld
	}
	if resp.StatusCode != 200 || body != want {
		t.Errorf("got %s\n%s\nwant\n%s", resp.Status, body, want)
	}
	if o.Protocol != store.HTTPS || o.Outcome != outcome {
		t.Errorf("observed %+v, want outcome %v over HTTPS", o, outcome)
	}
	if contact.Owner == 0 || contact.Answer != answer || contact.Proven != c.proven || contact.OtherCertificate != another {
		t.Errorf("contact %+v, want answer %v, proven %v, other certificate %v", contact, answer, c.proven, another)
	}
	if strings.Contains(log.String(), "level=WARN") != another || !strings.Contains(log.String(), c.log) {
		t.Errorf("log %s\nwant a warning: %v, and %q", &log, another, c.log)
	}
}

// Over plain HTTP nothing is proven and no proof is required. Without CAs no
// certificate is proof.
func TestNoProof(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	base := serve(t, Config{Finder: finder(t), PhoneAuthorities: pool, RequireProof: true})
	if _, body := ask(t, "GET", base+"/snom360.php?mac="+registered, oldPhone); body != file(settings.Plain, server) {
		t.Errorf("over plain HTTP: got\n%s", body)
	}
	contacts := make(chan store.Contact, 1)
	s := serveTLS(t, Config{Finder: finder(t), OnContact: func(c store.Contact) { contacts <- c }})
	_, body := root.issue(t, nobodys, nil, nil).get(t, s, 0, "/snom360.php?mac="+registered)
	if c := <-contacts; body != file(settings.Plain, server) || c.Proven || c.OtherCertificate {
		t.Errorf("without CAs: got\n%s\nand contact %+v", body, c)
	}
}

// Verifying a hostile chain is cheap: no signature is verified with a key that
// the CAs have not signed, and the number of certificates is bounded.
func TestProofIsCheap(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Root", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	phone := (*issuer)(nil).issue(t, "below", nil, authority).issue(t, registered, nil, nil)
	for n, want := range map[int]string{proof.MaxSent - 1: "unknown authority", 100: "expected at most"} {
		chain := []*x509.Certificate{phone.cert}
		for range n {
			chain = append(chain, (*issuer)(nil).issue(t, "below", nil, authority).cert)
		}
		_, err := proof.MAC(&tls.ConnectionState{PeerCertificates: chain}, pool)
		// The error of crypto/x509 mentions a signature that it verified and that
		// was wrong.
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "verification") {
			t.Errorf("%d certificates above the phone's: error %v, want %q", n, err, want)
		}
	}
}
