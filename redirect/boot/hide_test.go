package boot

import (
	"net/url"
	"testing"
)

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
		if got := HideLogin(url); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
	for s, want := range map[Setting]string{
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
		got := HideLogin(s)
		if again := HideLogin(got); again != got {
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
