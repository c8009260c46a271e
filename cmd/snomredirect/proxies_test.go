package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestForwardedFor(t *testing.T) {
	trusted, err := parseProxies([]string{"192.0.2.0/24", "2001:db8::1", ""})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	h := trusted.handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
	for _, test := range []struct{ peer, header, want string }{
		{"192.0.2.1:5", "203.0.113.7", "203.0.113.7:0"},
		{"192.0.2.1:5", "198.51.100.1, 203.0.113.7, 192.0.2.9", "203.0.113.7:0"}, // the first is the client's own invention
		{"192.0.2.1:5", "10.0.0.1, 127.0.0.1", "127.0.0.1:0"},                    // private networks are not trusted unless named
		{"[2001:db8::1]:5", "2001:db8::7", "[2001:db8::7]:0"},
		{"192.0.2.1:5", "203.0.113.7, nonsense", "192.0.2.1:5"},
		{"192.0.2.1:5", "203.0.113.7:80", "192.0.2.1:5"},
		{"192.0.2.1:5", "", "192.0.2.1:5"},
		{"198.51.100.1:5", "203.0.113.7", "198.51.100.1:5"}, // not trusted
		{"[2001:db8::2]:5", "203.0.113.7", "[2001:db8::2]:5"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.peer
		r.Header.Set("X-Forwarded-For", test.header)
		if h.ServeHTTP(nil, r); got != test.want {
			t.Errorf("%q from %s: %s, want %s", test.header, test.peer, got, test.want)
		}
	}
}

func FuzzParseProxies(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "192.0.2.0/24", "::ffff:192.0.2.1", "fe80::1%eth0", "2001:db8::/32", "x", "/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ps, err := parseProxies([]string{s})
		if err == nil && s != "" && (len(ps) != 1 || !ps.contains(ps[0].Addr())) {
			t.Errorf("%q: %v", s, ps)
		}
	})
}
