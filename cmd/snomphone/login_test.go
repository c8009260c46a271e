package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/icholy/digest"
)

// A guard serves h only to a user "jo" with the password "p@ss/1", and records the
// Authorization of all requests.
type guard struct {
	h       http.Handler
	digest  bool
	headers []string
	mu      sync.Mutex
}

const secretURL = "http://jo:p%40ss%2F1@" // up to the host

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	authorization := r.Header.Get("Authorization")
	if authorization != "" {
		g.headers = append(g.headers, r.URL.RequestURI()+" "+authorization)
	}
	challenge := digest.Challenge{Realm: "phones", Nonce: "n1", QOP: []string{"auth"}, Algorithm: "MD5"}
	allowed := false
	if g.digest {
		if got, err := digest.ParseCredentials(authorization); err == nil {
			want, err := digest.Digest(&challenge, digest.Options{Method: "GET", URI: r.URL.RequestURI(), Username: "jo", Password: "p@ss/1", Cnonce: got.Cnonce, Count: 1})
			allowed = err == nil && *got == *want
		}
	} else {
		user, password, _ := r.BasicAuth()
		allowed = user == "jo" && password == "p@ss/1"
	}
	if allowed {
		g.h.ServeHTTP(w, r)
		return
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="phones"`)
	if g.digest {
		w.Header().Add("WWW-Authenticate", challenge.String())
	}
	http.Error(w, "no", http.StatusUnauthorized)
}

// A phone sends the user and the password from the URL or from its settings to a server
// that requires them, and snomphone prints neither.
func TestLogin(t *testing.T) {
	settings := "http_client_user: jo\nhttp_client_pass: p@ss/1\n"
	for name, c := range map[string]struct {
		one  site
		url  string
		want string
	}{
		"setting server":    {site{"/x": "setting_server$: " + secretURL + "two.example/{mac}\n"}, "http://one.example/x", "http://***@two.example/" + testMAC + " (setting_server)"},
		"argument":          {nil, secretURL + "two.example/{mac}", "http://***@two.example/" + testMAC},
		"folder":            {nil, secretURL + "two.example/f/", "http://***@two.example/f/snom360-" + testMAC + ".htm"},
		"its other files":   {nil, secretURL + "two.example/list", "http://two.example/" + testMAC + " (file of 1)"},
		"same-host HTTP":    {nil, secretURL + "two.example/moved", "http://two.example/" + testMAC + " (HTTP redirect of 1)"},
		"settings":          {site{"/x": settings + "setting_server$: http://two.example/{mac}\n"}, "http://one.example/x", "http_client_pass  -  ***"},
		"firmware_status":   {site{"/x": "firmware_status: " + secretURL + "two.example/{mac}\n"}, "http://one.example/x", "http://***@two.example/"},
		"file of container": {site{"/x": files(secretURL + "two.example/{mac}")}, "http://one.example/x", "names http://***@two.example/{mac}"},
	} {
		for _, scheme := range []string{"Basic", "Digest"} {
			for _, asJSON := range []bool{false, true} {
				w := newWorld(t)
				g := &guard{digest: scheme == "Digest", h: site{
					"/" + testMAC: "a: 1\n", "/f/snom360-" + testMAC + ".htm": "a: 1\n", "/moved": "to /" + testMAC, "/list": files("http://two.example/{mac}"),
				}}
				w.serve("one.example", c.one)
				w.serve("two.example", g)
				got, err := w.boot(bootCommand{MAC: testMAC, URL: c.url, JSON: asJSON})
				if err != nil {
					t.Errorf("%s, %s: %v\n%s", name, scheme, err, got)
				}
				if len(g.headers) == 0 || !strings.HasPrefix(g.headers[0], "/") || !strings.Contains(g.headers[0], " "+scheme+" ") {
					t.Errorf("%s, %s: %q", name, scheme, g.headers)
				}
				if leaks(got) || !asJSON && !(strings.Contains(got, c.want) && strings.Contains(got, "sent user and password ("+scheme+")")) {
					t.Errorf("%s, %s: want %q in\n%s", name, scheme, c.want, got)
				}
			}
		}
	}
}

func leaks(text string) bool {
	return strings.Contains(text, "p%40ss") || strings.Contains(text, "p@ss") || strings.Contains(text, "jo:") || strings.Contains(text, `"jo"`) || strings.Contains(text, " jo\n")
}

// A login is only sent to the server that it is for, and only if it requires one.
func TestLoginStaysHome(t *testing.T) {
	for name, c := range map[string]struct {
		one site // without a password
		url string
	}{
		"HTTP redirect": {site{"/" + testMAC: "to http://two.example/" + testMAC}, secretURL + "one.example/{mac}"},
		"redirect after settings": {site{"/" + testMAC: "http_client_user: jo\nhttp_client_pass: p@ss/1\nsetting_server$: http://one.example/y{mac}\n",
			"/y" + testMAC: "to http://two.example/" + testMAC}, "http://one.example/{mac}"},
		"container after a redirect": {site{"/" + testMAC: "http_client_user: jo\nhttp_client_pass: p@ss/1\nsetting_server$: http://one.example/y{mac}\n",
			"/y" + testMAC: "to http://three.example/z"}, "http://one.example/{mac}"},
		"other host's file":    {site{"/" + testMAC: files("http://two.example/{mac}")}, secretURL + "one.example/{mac}"},
		"other setting server": {site{"/" + testMAC: "setting_server$: http://two.example/{mac}\n"}, secretURL + "one.example/{mac}"},
	} {
		w := newWorld(t)
		g := &guard{}
		one := &guard{h: c.one}
		w.serve("one.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: a login nobody asked for", name)
			}
			one.h.ServeHTTP(w, r)
		}))
		w.serve("two.example", g)
		w.serve("three.example", site{"/z": files("http://two.example/{mac}")})
		got, err := w.boot(bootCommand{MAC: testMAC, URL: c.url})
		if err == nil || !strings.Contains(err.Error(), "the server requires a user and a password: put them into the URL") || leaks(got) || leaks(err.Error()) {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if g.headers != nil {
			t.Errorf("%s: %q", name, g.headers)
		}
	}
}

// An error about a login says what the server wants.
func TestLoginErrors(t *testing.T) {
	for challenge, want := range map[string]string{
		`Basic realm="x"`:                                      "the server rejected the user and the password",
		`Digest realm="x", nonce="y"`:                          "the server rejected the user and the password",
		`Digest realm="x", nonce="y", algorithm=ROT13`:         "its WWW-Authenticate has no challenge that",
		`Digest realm="x", nonce="y", algorithm=MD5, qop="up"`: "its WWW-Authenticate has no challenge that",
		`Digest`:    "its WWW-Authenticate has no challenge that",
		`Negotiate`: "its WWW-Authenticate has no challenge that",
		``:          "its WWW-Authenticate has no challenge that",
	} {
		w := newWorld(t)
		w.serve("one.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		got, err := w.boot(bootCommand{MAC: testMAC, URL: secretURL + "one.example/{mac}"})
		if err == nil || !strings.Contains(err.Error(), want) || leaks(got+err.Error()) || !strings.Contains(got, "401 Unauthorized") {
			t.Errorf("%s: %v, want %v\n%s", challenge, err, want, got)
		}
	}
}

// A storm sends the user and the password of its URL too.
func TestStormLogin(t *testing.T) {
	g := &guard{h: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "setting_server$: http://x.example/\n") })}
	s := httptest.NewServer(g)
	defer s.Close()
	for user, want := range map[string]string{secretURL: `"outcomes":{"redirected":3}`, "http://jo:p@": `"HTTP 401 Unauthorized":3`} {
		var out bytes.Buffer
		err := run(t.Context(), []string{"storm", "--phones", "3", "--rate", "0", "--json", user + strings.TrimPrefix(s.URL, "http://")}, output{&out, io.Discard})
		if (err == nil) != (user == secretURL) || !strings.Contains(out.String(), want) || leaks(out.String()) {
			t.Errorf("%s: %v\n%s", user, err, out.String())
		}
	}
}
