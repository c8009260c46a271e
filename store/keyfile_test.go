package store

import (
	"strings"
	"testing"
)

func TestParseKeys(t *testing.T) {
	keys, err := ParseKeys("# ours\r\n\r\n" + sampleKey + "\r\n" + ed25519Line(t) + " other")
	if err != nil || len(keys) != 2 || keys[1].Comment() != "other" {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := ParseKeys("# ours\n" + sampleKey + "\nnonsense\n"); err == nil || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("error %v does not name the line", err)
	}
	if _, err := ParseKeys("# nothing\n"); err == nil {
		t.Error("accepted a file without keys")
	}
}

// Keys that PuTTYgen 0.78 saved, and the fingerprint that it printed of the second.
const (
	puttyKey = `---- BEGIN SSH2 PUBLIC KEY ----
Comment: "ecdsa-key-2026"
AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBJNhOWswctAU
AT1EGMFbKD4TxT0aqvaZ92dHorTKdO2/meONPWAalTWVzDdKeOabIAkrO9a1WwuK
+q9L8einAwb7x1TuVAkioyj1wScz5ATR65qBhE97Ta9Sx/Xwv0oiHQ==
---- END SSH2 PUBLIC KEY ----
`
	puttyRSAKey = `---- BEGIN SSH2 PUBLIC KEY ----
Comment: "rsa-key"
AAAAB3NzaC1yc2EAAAADAQABAAABAQDYZxOElmZefyFgMq34gRi9ALfprWlahsna
r2+ZjbawY5je3AsbihyrnVeRTz2yU15k8/0DG3WzSL6FO/a/sJdAXa39QGhGHtqc
ma/DLUAmVmlpJ1wNKaj7csTxypA+f1Hxa5X9bmy/FbyCd2fwHrIxIgIqXi8EBRsn
PyrnJXm18qRLJkFLieRBOl3SgNX1bDMMXcICoinKS8Oln1xVgt33J6b3YRkkRG9C
tLRcIZDQI5hdF7e+mBqyczgVrQ/5mu95p8c4r5DPWpux9xInWbnHCVjKUcddVGJi
82YrGl2EsRf9/f2AXtzkasp3yvT6MUkhW3P2tEzxyybSDsflg1/f
---- END SSH2 PUBLIC KEY ----
`
	puttyRSAFingerprint = "SHA256:xamXqvpED3jwPg8Eb+ns2wQrHr2S+zUlQXn0xazJPB0"
)

func TestPuTTYgenKeys(t *testing.T) {
	keys, err := ParseKeys("\ufeff" + strings.ReplaceAll(puttyKey+puttyRSAKey, "\n", "\r\n") + sampleKey)
	if err != nil || len(keys) != 3 {
		t.Fatalf("%v, %v", keys, err)
	}
	if k := keys[0]; k.Kind() != "ecdsa-sha2-nistp384" || k.Comment() != "ecdsa-key-2026" {
		t.Errorf("%s %q", k.Kind(), k.Comment())
	}
	if k := keys[1]; k.Kind() != "ssh-rsa" || k.Fingerprint() != puttyRSAFingerprint {
		t.Errorf("%s %s", k.Kind(), k.Fingerprint())
	}
	for comment, want := range map[string]string{
		`Comment: plain words`:                           "plain words",
		`comment: "a \"b\" \\"`:                          `a "b" \`,
		"Comment: \"in two \\\nlines\"\nX-Other: 1\\\n2": "in two lines",
		"Subject: anna":                                  "",
	} {
		keys, err := ParseKeys(strings.Replace(puttyKey, `Comment: "ecdsa-key-2026"`, comment, 1))
		if err != nil || len(keys) != 1 || keys[0].Comment() != want {
			t.Errorf("%s: %v, %v; want %q", comment, keys, err, want)
		}
	}
	for text, want := range map[string]string{
		sampleKey + "\n" + strings.Replace(puttyKey, "AAAA", "AAA", 1):  "line 2: expected a whole public key between",
		strings.Replace(puttyKey, ssh2End, "", 1):                       "line 1: expected a whole public key between",
		strings.Replace(puttyKey, "+q9L", "+q8L", 1):                    "line 1: expected a whole public key between", // not on the curve
		puttyKey + "nonsense":                                           "line 7: expected a public key",
		strings.Replace(puttyKey, "ecdsa-key-2026", "\x1b[2J", 1):       "line 1: expected a printable comment",
		strings.Replace(puttyKey, "ecdsa", strings.Repeat("x", 200), 1): "at most 200 bytes",
		"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n":            "line 1: expected a public key, and this is PuTTY's file of a private one",
	} {
		if keys, err := ParseKeys(text); err == nil || keys != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, %v; want an error with %q", text, keys, err, want)
		}
	}
}
