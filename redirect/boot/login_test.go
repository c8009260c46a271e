package boot

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever a server challenges a phone with, its answer is Basic or Digest.
func FuzzAnswer(f *testing.F) {
	for _, challenge := range []string{`Basic realm="x"`, `Digest realm="x", nonce="y", qop="auth,auth-int", algorithm=SHA-256`, `Digest realm="\"", nonce=`, ""} {
		f.Add(challenge)
	}
	f.Fuzz(func(t *testing.T, challenge string) {
		request := httptest.NewRequest(http.MethodGet, "http://one.example/x", nil)
		scheme, err := Login{"jo", "p@ss"}.answer(request, http.Header{"Www-Authenticate": {challenge}})
		if sent := request.Header.Get("Authorization"); (err == nil) != strings.HasPrefix(sent, scheme+" ") || err != nil && sent != "" {
			t.Fatalf("%q: %q, %v, %q", challenge, scheme, err, sent)
		}
	})
}
