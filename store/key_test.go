package store

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func authorized(t testing.TB, pub any) string {
	t.Helper()
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func ed25519Line(t testing.TB) string {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return authorized(t, pub)
}

// A key made by ssh-keygen, and the fingerprint that it printed.
const (
	sampleKey         = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDNA0E4QxQHHItVCtukD+cV1WXKAJLHmlf5Odmn8KOLm anna@acme"
	sampleFingerprint = "SHA256:gsUPSxSaKMWS6LK8r7nYzqK6cqw7Hh1v2i2nBwEdNGI"
)

func TestParseKey(t *testing.T) {
	k, err := ParseKey(sampleKey)
	if err != nil {
		t.Fatal(err)
	}
	if k.Fingerprint() != sampleFingerprint || k.Comment() != "anna@acme" || k.Kind() != "ssh-ed25519" {
		t.Errorf("%s %q %s", k.Fingerprint(), k.Comment(), k.Kind())
	}
	pub, _, _, _, _ := ssh.ParseAuthorizedKey([]byte(sampleKey))
	other, _, _, _, _ := ssh.ParseAuthorizedKey([]byte(ed25519Line(t)))
	if !k.Is(pub) || k.Is(other) {
		t.Error("Is tells keys apart wrongly")
	}
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKey(authorized(t, &strong.PublicKey)); err != nil {
		t.Errorf("RSA 2048: %v", err)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	nist, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"":                                    "authorized_keys",
		"ssh-ed25519":                         "authorized_keys",
		"ssh-ed25519 AAAA":                    "authorized_keys",
		"-----BEGIN OPENSSH PRIVATE KEY-----": "authorized_keys",
		sampleKey + "\n" + sampleKey:          "authorized_keys",
		`from="192.0.2.1" ` + sampleKey:       "without options",
		sampleKey + "\x1b[2J":                 "prints",
		sampleKey + strings.Repeat("x", 200):  "short",
		authorized(t, &weak.PublicKey):        "2048 bits",
		authorized(t, &nist.PublicKey):        "ed25519",
	} {
		if k, err := ParseKey(line); err == nil || !strings.Contains(err.Error(), want) || k != (Key{}) {
			t.Errorf("%q: %v; want an error with %q", line, err, want)
		}
	}
}

func TestParseKeys(t *testing.T) {
	keys, err := ParseKeys("# ours\r\n\r\n" + sampleKey + "\r\n" + ed25519Line(t) + " other")
	if err != nil || len(keys) != 2 || keys[1].Comment() != "other" {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := ParseKeys("# ours\n" + sampleKey + "\nnonsense\n"); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("error %v does not name the line", err)
	}
	if _, err := ParseKeys("# nothing\n"); err == nil {
		t.Error("no keys were taken for some")
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add(sampleKey)
	f.Add("# remark\n" + sampleKey + "\r\n")
	f.Add(`command="x" ` + sampleKey)
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParseKeys(text)
		if err != nil {
			return
		}
		for _, k := range keys {
			line, err := k.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			var back Key
			if err := back.UnmarshalText(line); err != nil || back != k {
				t.Fatalf("%q: %q came back as %v, %v", text, line, back, err)
			}
		}
	})
}
