package hawk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The examples of the specification.
const (
	specID  = "dh37fgj492je"
	specKey = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"
	specURL = "http://example.com:8000/resource/1?b=1&a=2"
)

func TestVectors(t *testing.T) {
	for _, c := range []struct{ method, hash, mac string }{
		{"GET", "", "6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="},
		{"POST", "Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=", "aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw="},
	} {
		target, err := ParseTarget(c.method, specURL)
		h := Header{ID: specID, TS: 1353832234, Nonce: "j4h3g2", Hash: c.hash, Ext: "some-app-ext-data", MAC: c.mac}
		if err != nil || h.Sum(specKey, target) != c.mac || !h.Signed(specKey, target) {
			t.Errorf("%s: %s, %v", c.method, h.Sum(specKey, target), err)
		}
		if h.Signed(specKey+"x", target) {
			t.Errorf("%s: another key is right too", c.method)
		}
		if parsed, err := Parse(h.String()); err != nil || parsed != h {
			t.Errorf("%s: %+v, %v", h, parsed, err)
		}
	}
	for _, kind := range []string{"text/plain", "Text/Plain; charset=utf-8", " text/plain;"} {
		if got := PayloadHash(kind, []byte("Thank you for flying Hawk")); got != "Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=" {
			t.Errorf("%q: %s", kind, got)
		}
	}
}

func TestParse(t *testing.T) {
	want := Header{ID: "a", TS: 1, Nonce: "n", MAC: "m", Hash: "h="}
	for _, s := range []string{
		`Hawk mac="m", hash="h=", id="a", ts="1", nonce="n"`,
		`hawk  nonce="n",ts="1" , ID="a",mac="m",	hash="h="`,
	} {
		if h, err := Parse(s); err != nil || h != want {
			t.Errorf("%s: %+v, %v", s, h, err)
		}
	}
	for s, want := range map[string]string{
		"":                         "the scheme Hawk",
		"Basic YTpi":               "the scheme Hawk",
		"Hawk":                     "id, ts, nonce and mac",
		`Hawk id="a"`:              "id, ts, nonce and mac",
		`Hawk id="a", id="b"`:      `"id": expected`,
		`Hawk id="a", app="b"`:     `"app": expected`,
		`Hawk id=a`:                "separated by commas",
		`Hawk id="a" ts="1"`:       "separated by commas",
		`Hawk id="a",`:             "separated by commas",
		`Hawk id="a`:               "separated by commas",
		`Hawk id="a\n"`:            "without backslashes",
		"Hawk id=\"a\x1b\"":        "printable",
		"Hawk id=\"ä\"":            "printable",
		"Hawk " + long("x", 5000):  "at most 4096 bytes",
		header("1", long("n", 65)): "at most 64 characters",
		header("", "n"):            "whole seconds",
		header("-1", "n"):          "whole seconds",
		header("01", "n"):          "whole seconds",
		header("1.5", "n"):         "whole seconds",
	} {
		if h, err := Parse(s); err == nil || h != (Header{}) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %+v, %v; want %q", s, h, err, want)
		}
	}
}

func long(s string, n int) string { return strings.Repeat(s, n) }

func header(ts, nonce string) string {
	return fmt.Sprintf(`Hawk id="a", ts="%s", nonce="%s", mac="m"`, ts, nonce)
}

// What a client signs is what a server sees.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		url   string
		https bool
		want  Target
	}{
		{"http://prov.example/a/b?c=%20d", false, Target{"GET", "/a/b?c=%20d", "prov.example", "80"}},
		{"https://PROV.example/", true, Target{"GET", "/", "PROV.example", "443"}},
		{"https://prov.example:8083/a%2Fb", true, Target{"GET", "/a%2Fb", "prov.example", "8083"}},
		{"https://[2001:db8::7]:8083/", true, Target{"GET", "/", "2001:db8::7", "8083"}},
		{"https://[2001:db8::7]/", true, Target{"GET", "/", "2001:db8::7", "443"}},
	} {
		sent, err := ParseTarget("GET", c.url)
		if err != nil || sent != c.want {
			t.Errorf("%s: sent %+v, %v", c.url, sent, err)
		}
		r := httptest.NewRequest(http.MethodGet, c.url, nil)
		if seen := TargetOf(r, c.https); seen != c.want { // from the absolute form
			t.Errorf("%s: seen %+v", c.url, seen)
		}
		r.RequestURI = sent.Resource
		if seen := TargetOf(r, c.https); seen != c.want {
			t.Errorf("%s: seen %+v", c.url, seen)
		}
	}
	for _, s := range []string{"", "prov.example", "ftp://prov.example/", "http:///", "http://%zz/"} {
		if _, err := ParseTarget("GET", s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestNewAndStale(t *testing.T) {
	target := Target{"PUT", "/a", "prov.example", "443"}
	now := time.Unix(1353832234, 5)
	a, b := New("id", "key", target, "hash", now), New("id", "key", target, "hash", now)
	if !a.Signed("key", target) || a.TS != 1353832234 || len(a.Nonce) != 16 || a.Nonce == b.Nonce {
		t.Errorf("%+v, %+v", a, b)
	}
	for _, other := range []Target{{"GET", "/a", "prov.example", "443"}, {"PUT", "/b", "prov.example", "443"}, {"PUT", "/a", "x.example", "443"}, {"PUT", "/a", "prov.example", "80"}} {
		if a.Signed("key", other) {
			t.Errorf("signed for %+v too", other)
		}
	}
	// Computed with openssl dgst -sha256 -hmac key.
	if got := Stale("key", now); got != `Hawk ts="1353832234", tsm="nBShMBHu2lXQLFRgWYQdXWRRoJ5JS7hVsjiUgvNN4CE=", error="Stale timestamp"` {
		t.Error(got)
	}
}

// What is read is what would be sent.
func FuzzParse(f *testing.F) {
	f.Add(`Hawk id="a", ts="1", nonce="n", mac="m"`)
	f.Add(`Hawk mac="m=", hash="h", id="a", ts="1353832234", nonce="j4h3g2", ext="e, x=1"`)
	f.Add(`Hawk id="a" , ts=""`)
	f.Fuzz(func(t *testing.T, s string) {
		h, err := Parse(s)
		if err != nil {
			if h != (Header{}) {
				t.Errorf("%+v and %v", h, err)
			}
			return
		}
		if again, err := Parse(h.String()); err != nil || again != h {
			t.Errorf("%q: %+v, then %+v, %v", s, h, again, err)
		}
		if strings.ContainsAny(h.ID+h.Nonce+h.Hash+h.Ext+h.MAC, "\r\n\"\\\x1b") {
			t.Errorf("%q: %+v", s, h)
		}
	})
}
