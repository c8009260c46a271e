package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// No error contains a user or a password, even if the URL is wrong.
func TestErrorsHideLogins(t *testing.T) {
	for _, url := range []string{
		"http://jo:pass/p@ss@one.example/", "http://jo:p@ss@one.example:x/", "http://jo:p@ss word@one.example/", "http:/jo:p@ss@one.example", "jo:p@ss@one.example",
		"//jo:p@ss@one.example/", "ftp://jo:p@ss@one.example/x", "http://jo:p@ss@", "http://jo:pass?p@ss@one.example/",
		"http://jo:p@ss@one.example/x", "http://jo:p@ss@one.example/",
	} {
		for _, args := range [][]string{{"--mac", "2e4", "--model", "snom360", url}, {"--mac", "2e4", "http://localhost/", url}, {"--mac", "2e4", "--dhcp-66", url, "http://localhost"}, {"storm", url, url}, {"storm", url + "x/y?z"}} {
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
				got, err := w.boot(bootCommand{MAC: testMAC, URL: "http://one.example/" + path, JSON: asJSON})
				if leaks(got + fmt.Sprint(err)) {
					t.Errorf("%s, %q: %v\n%s", path, url, err, got)
				}
			}
		}
	}
}
