package main

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
)

// No error contains a user or a password, even if the URL is wrong.
func TestErrorsHideLogins(t *testing.T) {
	for _, url := range []string{
		"http://jo:pass/p@ss@one.example/", "http://jo:p@ss@one.example:x/", "http://jo:p@ss word@one.example/", "http:/jo:p@ss@one.example", "jo:p@ss@one.example",
		"//jo:p@ss@one.example/", "tftp://jo:p@ss@one.example/x", "http://jo:p@ss@", "http://jo:pass?p@ss@one.example/",
		"http://jo:p@ss@one.example/x", "http://jo:p@ss@one.example/",
	} {
		for _, args := range [][]string{{"--mac", "2e4", "--model", "snom360", url}, {"--mac", "2e4", "http://localhost/", url}, {"storm", url, url}, {"storm", url + "x/y?z"}} {
			if strings.HasPrefix(url, "http://jo:p@ss@one.example/") && len(args) == 5 {
				continue // a request to a host that may exist
			}
			var out bytes.Buffer
			err := run(t.Context(), args, output{&out, io.Discard})
			if err == nil || leaks(strings.ReplaceAll(out.String()+err.Error(), "***@ss", "p@ss")) {
				t.Errorf("%q: %v\n%s", args, err, out.String())
			}
		}
		w := newWorld(t)
		w.serve("one.example", site{"/x": "setting_server$: " + url + "\n", "/y": files(strings.ReplaceAll(url, "&", "&amp;")), "/z": "to " + url})
		for _, path := range []string{"x", "y", "z"} {
			for _, asJSON := range []bool{false, true} {
				got, err := w.boot(boot{MAC: testMAC, URL: "http://one.example/" + path, JSON: asJSON})
				if leaks(got + fmt.Sprint(err)) {
					t.Errorf("%s, %q: %v\n%s", path, url, err, got)
				}
			}
		}
	}
}

func TestHideLogin(t *testing.T) {
	for url, want := range map[string]string{
		"http://one.example/x?a@b":         "http://one.example/x?a@b",
		"http://one.example/a@b/":          "http://one.example/a@b/",
		"http://u@one.example/x@y":         "http://***@one.example/x@y",
		"https://u:p@one.example:8443/{m}": "https://***@one.example:8443/{m}",
		"http://u:p@q@one.example/":        "http://***@one.example/",
		"http://u:p/q@one.example/":        "http://***@one.example/",
		"u:p@one.example":                  "***@one.example",
		"//u:p@one.example/?http://x":      "***@one.example/?http://x",
		"http://u:#p@one.example/":         "http://***@one.example/",
		"":                                 "",
	} {
		if got := hideLogin(url); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	for s, want := range map[setting]string{
		{Name: "action_setup_url", Value: "http://u:p@one.example/"}:           "http://***@one.example/",
		{Name: "fkey", Value: "url http://u:p@one.example/ x@y"}:               "url http://***@one.example/ x@y",
		{Name: "fkey", Value: "dest <sip:423@tst.org;user=phone>"}:             "dest <sip:423@tst.org;user=phone>",
		{Name: httpUser, Value: "jo"}:                                          "***",
		{Name: httpPassword}:                                                   "",
		{Name: settingServer, Value: "jo:p@one.example"}:                       "***@one.example",
		{Name: "user_realname", Value: "see http://one.example/, mail jo@tst"}: "see http://one.example/, mail jo@tst",
	} {
		if got := s.shown().Value; got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}

func FuzzHideLogin(f *testing.F) {
	for _, s := range []string{"http://u:p@one.example/", "http://u:p@q@one.example/a@b", "//u@one.example", "u:p", "http://one.example?a@b#c@d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := hideLogin(s)
		if again := hideLogin(got); again != got {
			t.Fatalf("%q: %q, then %q", s, got, again)
		}
		u, err := url.Parse(s)
		if err != nil || u.User == nil {
			return
		}
		if shown, err := url.Parse(got); err == nil && shown.User != nil && shown.User.Username() != hidden {
			t.Fatalf("%q: %q", s, got)
		}
	})
}
