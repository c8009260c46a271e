package files

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/scan"
	"snomredirect/store"
)

// certificates returns a pool of one CA, and a function that issues phones' certificates.
func certificates(t *testing.T) (*x509.CertPool, func(cn string) *x509.Certificate) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	issue := func(c *x509.Certificate) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, c, ca, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
		return c
	}
	pool := x509.NewCertPool()
	pool.AddCert(issue(ca))
	return pool, func(cn string) *x509.Certificate {
		return issue(&x509.Certificate{Subject: pkix.Name{CommonName: cn}, SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour)})
	}
}

func TestProof(t *testing.T) {
	pool, issue := certificates(t)
	m := newStore(t)
	specific, general := "/"+m.token+"/360/"+own+".xml", "/"+m.token+"/360/general.xml"
	for _, c := range []struct {
		path, cn string // "" sends no certificate
		require  bool
		outcome  Outcome
		fetches  int
	}{
		{specific, own, true, Served, 1},
		{specific, own, false, Served, 1},
		{specific, "", true, Unproven, 1},
		{specific, "", false, Served, 1},
		{specific, rowless, true, OtherCertificate, 1},
		{specific, rowless, false, OtherCertificate, 1},
		{specific, "not a phone", true, Unproven, 1},
		{general, own, true, Served, 1},
		{general, "", true, Unproven, 0},
		{general, "", false, Served, 0},
		{general, anothers, true, OtherPhone, 0},
		{general, anothers, false, Served, 0},
	} {
		config, outcomes, fetches := newTest(m)
		config.PhoneAuthorities, config.RequireProof = pool, c.require
		r := httptest.NewRequest("GET", c.path, nil)
		r.TLS = &tls.ConnectionState{}
		if c.cn != "" {
			r.TLS.PeerCertificates = []*x509.Certificate{issue(c.cn)}
		}
		New(config).ServeHTTP(httptest.NewRecorder(), r)
		if (*outcomes)[0] != c.outcome || len(*fetches) != c.fetches {
			t.Errorf("%+v: %v, %d fetches", c, *outcomes, len(*fetches))
		}
	}
}

// Who has guessed too many MACs gets no specific file, but general ones.
func TestThrottled(t *testing.T) {
	m := newStore(t)
	config, outcomes, _ := newTest(m)
	config.Scans = scan.New(scan.Config{Limit: 3, Refill: 24 * time.Hour, Knows: func(macaddr.Addr, store.Source) bool { return false }})
	t.Cleanup(config.Scans.Close)
	h := New(config)
	want := get(h, "GET", "/"+unknown+"/none")
	for range 10 { // a tenth of a miss each
		get(h, "GET", "/"+m.token+"/360/"+own+".xml")
	}
	if (*outcomes)[10] != Served {
		t.Errorf("the account's own phone: %v", *outcomes)
	}
	for range 3 {
		get(h, "GET", "/"+m.token+"/360/"+nobodys+".xml")
	}
	*outcomes = nil
	w := get(h, "GET", "/"+m.token+"/360/"+own+".xml")
	if w.Code != 404 || w.Body.String() != want.Body.String() || (*outcomes)[0] != Throttled {
		t.Errorf("%d %v", w.Code, *outcomes)
	}
	if m.last != anyMAC {
		t.Errorf("%v was looked up", m.last)
	}
	if w := get(h, "GET", "/"+m.token+"/360/general.xml"); w.Code != 200 {
		t.Errorf("general: %d", w.Code)
	}
}

// A site whose phones are sent here by other means than the redirection pays for each of
// them once, however often they boot and whatever they request.
func TestSiteWithoutRedirection(t *testing.T) {
	m := newStore(t)
	config, outcomes, _ := newTest(m)
	type pair struct {
		mac    macaddr.Addr
		source store.Source
	}
	known := map[pair]bool{}
	config.Remember = func(mac macaddr.Addr, from netip.Addr, ofAccount bool) {
		if registered := mac.String() == own; ofAccount != registered {
			t.Errorf("%v: %v", mac, ofAccount)
		}
		known[pair{mac, store.SourceOf(from)}] = true
	}
	config.Scans = scan.New(scan.Config{Limit: 3, Refill: 24 * time.Hour, Knows: func(mac macaddr.Addr, source store.Source) bool { return known[pair{mac, source}] }})
	t.Cleanup(config.Scans.Close)
	h := New(config)
	for range 100 {
		for path, want := range map[string]Outcome{
			"/360/" + own + ".xml":     Served,
			"/snom360-" + own + ".htm": NoFile,
			"/360/" + nobodys + ".xml": OtherPhone,
		} {
			*outcomes = nil
			if get(h, "GET", "/"+m.token+path); (*outcomes)[0] != want {
				t.Fatalf("%s: %v", path, *outcomes)
			}
		}
	}
	if len(known) != 2 {
		t.Error(known)
	}
}
