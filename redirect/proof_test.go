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
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// An issuer signs certificates, with those between it and the root behind them.
type issuer struct {
	t     testing.TB
	cert  *x509.Certificate
	key   crypto.Signer
	above [][]byte
}

// issue returns a certificate of that common name by i, or one by itself where i
// is nil. change may change what it says; a key of nil is made.
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
	parent, signer, above := c, key, [][]byte(nil)
	if i != nil {
		parent, signer, above = i.cert, i.key, i.above
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if i != nil {
		above = append([][]byte{der}, above...)
	}
	return &issuer{t, c, key, above}
}

func authority(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }

// asks asks over TLS with the certificate of i, or none.
func (i *issuer) asks(t testing.TB, s *httptest.Server, version uint16, path string) (*http.Response, string) {
	t.Helper()
	config := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MaxVersion: version}
	if i != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Certificate: i.above, PrivateKey: i.key}, nil
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

func TestProof(t *testing.T) {
	old, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sha1 := func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }
	oldAuthority := func(c *x509.Certificate) { authority(c); sha1(c) }
	root := (*issuer)(nil).issue(t, "Snom Root", nil, authority)
	snom := root.issue(t, "Snom Phone 1 SHA-256", nil, authority)
	snomOld := (*issuer)(nil).issue(t, "Snom Phone 1", old, oldAuthority)
	other := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	good := snom.issue(t, registered, nil, nil)
	own := *(*issuer)(nil).issue(t, registered, nil, nil)
	own.above = [][]byte{own.cert.Raw}
	alone := *good
	alone.above = good.above[:1]
	more := *good // with one of no use on top
	more.above = append(slices.Clone(good.above), other.cert.Raw)
	many := *good
	many.above = slices.Concat(good.above, slices.Repeat(good.above[1:], maxSent))
	ended := func(c *x509.Certificate) { authority(c); c.NotAfter = time.Now().Add(-time.Minute) }
	usage := func(u x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{u} }
	}

	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	pool.AddCert(snomOld.cert)
	for name, c := range map[string]struct {
		who     *issuer
		proven  bool
		because string // of the log
	}{
		"good":                {good, true, ""},
		"good, in small":      {snom.issue(t, strings.ToLower(registered), nil, nil), true, ""},
		"for clients":         {snom.issue(t, registered, nil, usage(x509.ExtKeyUsageClientAuth)), true, ""},
		"for servers":         {snom.issue(t, registered, nil, usage(x509.ExtKeyUsageServerAuth)), true, ""},
		"three below":         {snom.issue(t, "Snom Phone 2", nil, authority).issue(t, registered, nil, nil), true, ""},
		"and a useless one":   {&more, true, ""},
		"too many":            {&many, false, "10 certificates, where 8 are the most"},
		"none":                {nil, false, "no certificate"},
		"below an ended one":  {root.issue(t, "Snom Phone 0", nil, ended).issue(t, registered, nil, nil), false, `that of \"Snom Phone 0\" above it: x509: certificate has expired`},
		"no intermediate":     {&alone, false, "unknown authority"},
		"expired":             {snom.issue(t, registered, nil, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), false, "expired"},
		"another's authority": {other.issue(t, registered, nil, nil), false, "unknown authority"},
		"its own":             {&own, false, "unknown authority"},
		"SHA-1 and RSA-1024":  {snomOld.issue(t, registered, old, sha1), false, "SHA1-RSA"},
		"no phone's":          {snom.issue(t, "gatekeeper", nil, nil), false, "names no phone"},
		"another phone's":     {snom.issue(t, nobodys, nil, nil), false, ""},
		"signed by a phone's": {snom.issue(t, nobodys, nil, nil).issue(t, registered, nil, nil), false, "cannot sign"},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, required := range []bool{false, true} {
				var log bytes.Buffer
				seen, heard := make(chan Observation, 1), make(chan store.Contact, 1)
				s := httptest.NewUnstartedServer(New(Config{
					Finder: finder(t), PhoneAuthorities: pool, RequireProof: required,
					Log:     slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					Observe: func(o Observation) { seen <- o }, OnContact: func(c store.Contact) { heard <- c },
				}))
				s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
				s.StartTLS()
				resp, body := c.who.asks(t, s, version, "/snom360.php?mac="+registered)
				s.Close()
				o, contact := <-seen, <-heard
				want, outcome, answer := file(settings.Plain, server), Redirected, store.Redirected
				another := name == "another phone's"
				switch {
				case another:
					want, outcome, answer = file(settings.Plain, ""), OtherCertificate, store.Withheld
				case required && !c.proven:
					want, outcome, answer = file(settings.Plain, ""), Unproven, store.Withheld
				}
				if resp.StatusCode != 200 || body != want || !o.HTTPS || o.Outcome != outcome || contact.Answer != answer || contact.Proven != c.proven || contact.OtherCertificate != another {
					t.Errorf("%s, required %v: %s\n%s\n%+v %+v\n%s", name, required, resp.Status, body, o, contact, &log)
				}
				if told := strings.Contains(log.String(), "level=WARN"); told != another {
					t.Errorf("%s: %s", name, &log)
				}
				if !strings.Contains(log.String(), c.because) {
					t.Errorf("%s: %q is not told in %s", name, c.because, &log)
				}
			}
		}
	}
}

// Over plain HTTP nothing is proven, and nothing is required; without
// authorities no certificate counts.
func TestNoProof(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	base := serve(t, Config{Finder: finder(t), PhoneAuthorities: pool, RequireProof: true})
	if _, body := ask(t, "GET", base+"/snom360.php?mac="+registered, oldPhone); body != file(settings.Plain, server) {
		t.Error(body)
	}
	heard := make(chan store.Contact, 1)
	s := httptest.NewUnstartedServer(New(Config{Finder: finder(t), OnContact: func(c store.Contact) { heard <- c }}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	_, body := root.issue(t, nobodys, nil, nil).asks(t, s, 0, "/snom360.php?mac="+registered)
	if c := <-heard; body != file(settings.Plain, server) || c.Proven || c.OtherCertificate {
		t.Errorf("%s %+v", body, c)
	}
}

// Nobody's chain costs much: no signature is checked by a key that the
// authorities have not signed, and those that are are few.
func TestProofIsCheap(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Root", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	phone := (*issuer)(nil).issue(t, "below", nil, authority).issue(t, registered, nil, nil)
	for n, want := range map[int]string{maxSent - 1: "unknown authority", 100: "are the most"} {
		chain := []*x509.Certificate{phone.cert}
		for range n {
			chain = append(chain, (*issuer)(nil).issue(t, "below", nil, authority).cert)
		}
		_, err := proof(&tls.ConnectionState{PeerCertificates: chain}, pool)
		// crypto/x509 tells of a signature that it has checked in vain.
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "verification") {
			t.Errorf("%d: %v", n, err)
		}
	}
}
