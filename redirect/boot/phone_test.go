package boot

import (
	"slices"
	"testing"

	"snomredirect/macaddr"
)

const testMAC = "000413230001" // of a snom360

func TestReadsXML(t *testing.T) {
	for phone, want := range map[Phone]bool{
		{Model: "snom360", Firmware: "6.5.20"}:      false,
		{Model: "snom360", Firmware: "7.1.7"}:       false,
		{Model: "snom360", Firmware: "7.1"}:         false,
		{Model: "snom360", Firmware: "7.1.8"}:       true,
		{Model: "snom360", Firmware: "7.3"}:         true,
		{Model: "snomD785", Firmware: "10.1.33.33"}: true,
		{Model: "snomMP", Firmware: "6.5"}:          false,
		{Model: "snomm9", Firmware: "5.0"}:          true,
		{Model: "snomM300", Firmware: "03.23.0005"}: true,
	} {
		if got := phone.readsXML(); got != want {
			t.Errorf("%+v: %v", phone, got)
		}
	}
}

// A setting server's file without {mac} is followed by the phone's own.
func TestServerRequests(t *testing.T) {
	p := Phone{MAC: macaddr.MustParse(testMAC), Model: "snom360", Firmware: "8.7.5.35"}
	const h = "http://one.example"
	for given, want := range map[string][]string{
		h + "/snom.htm":                   {h + "/snom.htm", h + "/snom-" + testMAC + ".htm"},
		h + "/a.b/snom":                   {h + "/a.b/snom", h + "/a.b/snom-" + testMAC},
		h + "/a/snom.tar.gz":              {h + "/a/snom.tar.gz", h + "/a/snom.tar-" + testMAC + ".gz"},
		h + "/snom.php?a=b.c/d":           {h + "/snom.php?a=b.c/d", h + "/snom-" + testMAC + ".php?a=b.c/d"},
		h + "/{mac}/snom.xml":             {h + "/" + testMAC + "/snom.xml", h + "/" + testMAC + "/snom-" + testMAC + ".xml"},
		h + "/{phone_type}.xml":           {h + "/snom360.xml", h + "/snom360-" + testMAC + ".xml"},
		h + "/{phone_type}/{mac}.xml":     {h + "/snom360/" + testMAC + ".xml"},
		h + "/snom.php?mac={mac}":         {h + "/snom.php?mac=" + testMAC},
		h + "/?type={phone_type}":         {h + "/?type=snom360"},
		h + "?type={phone_type}":          {h + "?type=snom360"},
		h + "/{phone_type}/":              {h + "/snom360/snom360.htm", h + "/snom360/snom360-" + testMAC + ".htm"},
		"http://u:p.q@one.example/x.cfg":  {"http://u:p.q@one.example/x.cfg", "http://u:p.q@one.example/x-" + testMAC + ".cfg"},
		"http://u:p@one.example":          {"http://u:p@one.example/snom360.htm", "http://u:p@one.example/snom360-" + testMAC + ".htm"},
		"http://one.example:8080?x=/a.b/": {"http://one.example:8080?x=/a.b/"},
	} {
		if got, err := p.serverRequests(given); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", given, got, err, want)
		}
	}
}

func FuzzRequests(f *testing.F) {
	for _, url := range []string{"http://one.example", "https://one.example/a/", "http://[::1]:8080/x?mac={mac}", "tftp://one.example/x", "http://u:p@one.example/#x"} {
		f.Add(url)
	}
	p := Phone{MAC: macaddr.MustParse(testMAC), Model: "snom360", Firmware: "8.7.5.35"}
	f.Fuzz(func(t *testing.T, url string) {
		for _, requestsOf := range []func(string) ([]string, error){p.requests, p.serverRequests} {
			requests, err := requestsOf(url)
			if err == nil && len(requests) == 0 {
				t.Fatalf("%q: no requests", url)
			}
			for _, request := range requests {
				if _, err := ParseURL(request); err != nil {
					t.Fatalf("%q: %q: %v", url, request, err)
				}
			}
		}
	})
}
