package store

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, s := range []string{
		"http://prov.acme.example/snom.php?mac={mac}",
		"https://prov.acme.example:8443/{mac}",
		"tftp://192.0.2.1/snom/{model}.xml",
		"ftp://user:secret@[2001:db8::1]:2121/x",
		"HTTP://ACME.example",
		"http://acme_1.example./",
		"http://pbx/",
		"http://{mac}.acme.example/",
		"http://{phone_type}.acme.example/{mac}",
		"http://{phone_type}-{mac}.acme.example:8080/",
		"http://acme.example/?a=1&b=<\"'>;|^`",
		"http://acme.example/" + strings.Repeat("x", 255-20),
	} {
		u, err := ParseURL(s)
		if err != nil || u.String() != s || u.IsZero() {
			t.Errorf("ParseURL(%q) = %q, %v", s, u, err)
		}
	}
	for s, want := range map[string]string{
		"":                                "such as http://",
		"acme.example/x":                  "such as http://",
		"//acme.example/x":                "such as http://",
		"http:/x":                         "such as http://",
		"http:acme.example":               "such as http://",
		"http://":                         "such as http://",
		"http:///x":                       "such as http://",
		"http://:80/x":                    "such as http://",
		"http://user@/x":                  "such as http://",
		"http://acme.example:/x":          "such as http://",
		"sip:acme.example":                "such as http://",
		"sftp://acme.example/":            "such as http://",
		"http://./":                       "such as http://",
		"http://../":                      "such as http://",
		"http://a..example/":              "such as http://",
		"http://<b>/":                     "such as http://",
		"http://<mac>/":                   "they know only {mac} and, newer ones, {phone_type}",
		"http://{MAC}.acme.example/":      "they know only {mac}",
		"http://$mac.acme.example/":       "they know only {mac}",
		"http://*/":                       "such as http://",
		"http://a.example;x/":             "such as http://",
		"http://a.example,b.example/":     "such as http://",
		"http://127.1/":                   "such as http://",
		"http://3221225994/":              "such as http://",
		"http://0300.0.2.012/":            "such as http://",
		"http://0xc000020a/":              "such as http://",
		"http://192.0.2.0x0a./":           "such as http://",
		"http://[fe80::1%25eth0]/":        "such as http://",
		"file:///etc/passwd":              "such as http://",
		"javascript://acme.example/":      "such as http://",
		"http://acme.example:http/":       "such as http://",
		"http://ac{me.example/":           "such as http://",
		"http://acme.example/%zz":         "such as http://",
		"http://acme.example:0/":          "port from 1 to 65535",
		"http://acme.example:65536/":      "port from 1 to 65535",
		"http://acme.example/a b":         "printable ASCII",
		"http://acme.example/a\tb":        "printable ASCII",
		"http://acme.example/a\x00":       "printable ASCII",
		"http://acme.example/\x1b[2J":     "printable ASCII",
		"http://prövider.example/":        "printable ASCII",
		"http://acme.example/\xff":        "printable ASCII",
		"http://acme.example/\u202e":      "printable ASCII",
		"http://a.example/\nuser_pass: x": "printable ASCII",
		"http://acme.example/" + strings.Repeat("x", 256-20): "at most 255 bytes, not 256",
	} {
		if u, err := ParseURL(s); err == nil || !strings.Contains(err.Error(), want) || !u.IsZero() {
			t.Errorf("ParseURL(%q) = %q, %v; want an error with %q", s, u, err, want)
		}
	}
}

// A phone must not be redirected back to this service, in whatever form its name is
// written.
func TestPublicNames(t *testing.T) {
	names, err := NewPublicNames("Prov.House.example.", " 192.0.2.7", "[2001:DB8::7]")
	if err != nil {
		t.Fatal(err)
	}
	back := []string{
		"http://provisioning.snom.com/", "https://PROVISIONING.snom.com:8443/x", "http://provisioning.snom.com./",
		"http://acme@secure-provisioning.snom.com?x", "tftp://secure-provisioning.snom.com",
	}
	for _, s := range back {
		if _, err := (PublicNames{}).ParseURL(s); !errors.Is(err, ErrPointsBack) {
			t.Errorf("%s: %v", s, err)
		}
	}
	back = append(back, "http://prov.house.example/", "http://prov.house.EXAMPLE..:80/x", "http://192.0.2.7:8080/",
		"http://[2001:db8::7]/", "http://[2001:db8:0::7]:80", "http://[::ffff:192.0.2.7]/")
	for _, s := range back {
		if _, err := names.ParseURL(s); err == nil {
			t.Errorf("accepted %s", s)
		}
		if !names.Contains(RestoreURL(s)) {
			t.Errorf("Contains(%s) is false", s)
		}
	}
	for _, s := range []string{
		"http://snom.com/", "http://provisioning.snom.com.acme.example/", "http://acme.example/provisioning.snom.com",
		"http://provisioning.snom.com@acme.example/", "http://192.0.2.70/", "http://acme.example/?@provisioning.snom.com/",
	} {
		if _, err := names.ParseURL(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := names.ParseURL("nonsense"); err != errURLForm {
		t.Errorf("nonsense: %v", err)
	}
	for _, s := range []string{"", "http://prov.example", "prov.example:80", "prov example", "prov.example/x", "a@b", "*", "a,b", "127.1"} {
		if _, err := NewPublicNames(s); err == nil || !strings.Contains(err.Error(), "without scheme or port") {
			t.Errorf("public name %q: %v", s, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{
		"http://prov.acme.example/snom.php?mac={mac}", "tftp://u:p@[::1]:69/x", "http://{mac}.example?a#b", "http://a\\@b/", "ftp://a:1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			return
		}
		if u.String() != s || len(s) > maxURL || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q: accepted as %q", s, u)
		}
		var back URL
		if err := back.UnmarshalText([]byte(u.String())); err != nil || back != u {
			t.Fatalf("%q was read back as %q, %v", u, back, err)
		}
		// The short way to the host returns the same as net/url.
		parsed, err := url.Parse(filledIn(s))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(u.host(), "{") && u.host() != comparableHost(parsed.Hostname()) {
			t.Fatalf("%q: host %q, net/url says %q", s, u.host(), parsed.Hostname())
		}
	})
}
