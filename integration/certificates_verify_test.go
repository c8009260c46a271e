package integration

import (
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"testing"
)

// The certificates are what the stories rely on: the good ones verify, and each of
// the others is rejected for its own reason.
func TestCertificates(t *testing.T) {
	s := &story{folder: t.TempDir()}
	for _, c := range []struct {
		name, issuer string
		look
		chain int // certificates in its file
	}{
		{"root", "", look{ca: true, cn: "root"}, 1},
		{"other", "", look{ca: true, cn: "other"}, 1},
		{"sha256", "root", look{ca: true, cn: "Snom Phone 1 SHA-256"}, 1},
		{"below", "sha256", look{ca: true, cn: "below"}, 2},
		{"old", "", look{ca: true, weak: true, cn: "Snom Phone 1"}, 1},
		{"phone", "sha256", look{cn: "0004132202E4"}, 2},
		{"deep", "below", look{cn: "0004132202E4"}, 3},
		{"ended", "sha256", look{cn: "0004132202E4", expired: true}, 2},
		{"weak", "sha256", look{cn: "0004132202E4", weak: true}, 2},
		{"old-phone", "old", look{cn: "0004132202E4", weak: true}, 1},
		{"server", "root", look{cn: "acme.example"}, 1},
	} {
		if err := s.makeCertificate(c.name, c.issuer, c.look); err != nil {
			t.Fatal(err)
		}
		pair, err := s.pair(c.name)
		if err != nil || pair.Leaf.Subject.CommonName != c.cn || len(pair.Certificate) != c.chain {
			t.Errorf("%s: %v, %d certificates, %v", c.name, pair.Leaf.Subject, len(pair.Certificate), err)
		}
		if bits := pair.PrivateKey.(*rsa.PrivateKey).N.BitLen(); (bits == weakBits) != c.weak || (pair.Leaf.SignatureAlgorithm == x509.SHA1WithRSA) != c.weak {
			t.Errorf("%s: RSA with %d bits, %v", c.name, bits, pair.Leaf.SignatureAlgorithm)
		}
	}
	const (
		ended   = "certificate has expired"
		unknown = "certificate signed by unknown authority"
		weak    = unknown + ` (possibly because of "x509: cannot verify signature: insecure algorithm SHA1-RSA"`
	)
	for _, c := range []struct {
		name, root, host string
		use              x509.ExtKeyUsage
		want             string // part of the error; "" if it verifies
	}{
		{"phone", "root", "", x509.ExtKeyUsageClientAuth, ""},
		{"deep", "root", "", x509.ExtKeyUsageClientAuth, ""},
		{"server", "root", "acme.example", x509.ExtKeyUsageServerAuth, ""},
		{"server", "root", "127.0.0.1", x509.ExtKeyUsageServerAuth, ""},
		{"server", "root", "localhost", x509.ExtKeyUsageServerAuth, ""},
		{"server", "root", "bravo.example", x509.ExtKeyUsageServerAuth, "not bravo.example"},
		{"server", "root", "acme.example", x509.ExtKeyUsageClientAuth, "incompatible key usage"},
		{"ended", "root", "", x509.ExtKeyUsageClientAuth, ended},
		{"phone", "other", "", x509.ExtKeyUsageClientAuth, unknown},
		{"phone", "old", "", x509.ExtKeyUsageClientAuth, unknown},
		{"weak", "root", "", x509.ExtKeyUsageClientAuth, weak},
		{"old-phone", "old", "", x509.ExtKeyUsageClientAuth, weak},
	} {
		leaf, options := s.verification(t, c.name, c.root)
		options.DNSName, options.KeyUsages = c.host, []x509.ExtKeyUsage{c.use}
		_, err := leaf.Verify(options)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || c.want == unknown && strings.Contains(err.Error(), "possibly")) {
			t.Errorf("%s by %s as %q: %v, want %q", c.name, c.root, c.host, err, c.want)
		}
	}
}

// verification returns the leaf of NAME.pem, and the options to verify it with the
// intermediates in that file and the root in ROOT.pem.
func (s *story) verification(t *testing.T, name, root string) (*x509.Certificate, x509.VerifyOptions) {
	t.Helper()
	pair, err := s.pair(name)
	if err != nil {
		t.Fatal(err)
	}
	options := x509.VerifyOptions{Intermediates: x509.NewCertPool()}
	if options.Roots, err = s.pool(root); err != nil {
		t.Fatal(err)
	}
	for _, der := range pair.Certificate[1:] {
		above, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		options.Intermediates.AddCert(above)
	}
	return pair.Leaf, options
}
