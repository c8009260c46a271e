package store

import (
	"strings"
	"testing"
)

func TestUnfilled(t *testing.T) {
	for s, want := range map[string]string{
		"http://a.example/<mac>":                 "<mac>",
		"http://a.example/{MAC}.xml":             "{MAC}",
		"http://a.example/x?mac=$mac":            "$mac",
		"http://a.example/x?mac=$MAC&b=1":        "$MAC",
		"http://a.example/%7Bmac%7D":             "%7Bmac%7D",
		"http://a.example/%7bmac%7d.htm":         "%7bmac%7d",
		"http://a.example/{mac}/{model}":         "{model}",
		"http://a.example/{{mac}}":               "{{mac}}",
		"http://a.example/${mac}":                "${mac}",
		"http://a.example/$(mac)":                "$(mac)",
		"http://a.example/[MACADDRESS].cfg":      "[MACADDRESS]",
		"http://a.example/cfg$PN/$MA.xml":        "$PN",
		"http://a.example/?m=%mac%":              "%mac%",
		"http://a.example/%3Cmac%3E":             "%3Cmac%3E",
		"http://a.example/{mac-address}":         "{mac-address}",
		"http://a.example/__mac__":               "__mac__",
		"http://a.example/<your-mac>":            "<your-mac>",
		"http://a.example/{mac}":                 "",
		"http://{phone_type}.a.example/{mac}?":   "",
		"http://mac.a.example/mac/?mac={mac}":    "",
		"http://a.example/$path/x[id]=1&y={}&<>": "",
		"http://a.example/?a&b<c>":               "",
		"http://a.example/?a=1&b=<\"'>;|^`":      "",
		"http://[2001:db8::ac]/machine$machine":  "",
		"http://a.example/my%20mac%20x":          "",
	} {
		u, err := ParseURL(s)
		if err != nil || u.Unfilled() != want {
			t.Errorf("%s: %q, %v; want %q", s, u.Unfilled(), err, want)
		}
	}
}

func FuzzUnfilled(f *testing.F) {
	f.Add("http://a.example/{mac}<mac>")
	f.Add("http://a.example/%7Bmac}$ma")
	f.Fuzz(func(t *testing.T, s string) {
		got := URL{s}.Unfilled()
		if !strings.Contains(s, got) || got == "{mac}" || got == "{phone_type}" {
			t.Fatalf("%q: %q", s, got)
		}
	})
}
