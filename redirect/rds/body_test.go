package rds

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A gzipped call is read. Its bounds are those of any other call.
func TestGzip(t *testing.T) {
	l := newLab(t, nil)
	echo := string(appendCall(nil, of("network.echo", str("x"))))
	zip := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	long := strings.Repeat(" ", maxBody+1-len(echo)) + echo
	for name, c := range map[string]struct {
		encoding, body string
		status         int
		want           string // in the body
	}{
		"gzip":             {"gzip", zip(echo), 200, "<string>x</string>"},
		"x-gzip":           {" X-GZIP ", zip(echo), 200, "<string>x</string>"},
		"identity":         {"identity", echo, 200, "<string>x</string>"},
		"longest":          {"gzip", zip(long[1:]), 200, "<string>x</string>"},
		"a bomb":           {"gzip", zip(long), 413, "at most 4 MiB"},
		"a large bomb":     {"gzip", zip(strings.Repeat("<!-- -->", 64<<20/8)), 413, "at most 4 MiB"},
		"too long, zipped": {"gzip", zip(echo) + strings.Repeat(" ", maxBody), 413, "at most 4 MiB"},
		"not zipped":       {"gzip", echo, 200, "<int>-32700</int></value></member><member><name>faultString</name><value><string>Expected data in the gzip format, as the Content-Encoding says.<"},
		"not declared":     {"", zip(echo), 200, "<int>-32700</int>"},
		"a wrong sum":      {"gzip", zip(echo)[:len(zip(echo))-8] + "12345678", 200, "Expected data in the gzip format"},
		"corrupt":          {"gzip", zip(echo)[:10] + strings.Repeat("\xff", 50), 200, "Expected data in the gzip format"},
		"cut off":          {"gzip", zip(echo)[:len(zip(echo))-9], 400, "incomplete body"},
		"empty":            {"gzip", "", 200, "not an empty body"},
		"nothing, zipped":  {"gzip", zip(""), 200, "not an empty body"},
		"twice":            {"gzip", zip(echo) + zip(""), 200, "Expected nothing after the end of the gzip data."},
		"zipped twice":     {"gzip, gzip", zip(zip(echo)), 415, "unsupported encoding: expected Content-Encoding gzip, or none\n"},
		"deflate":          {"deflate", echo, 415, "unsupported encoding"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.server.URL+"/xmlrpc", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("acme", password)
		r.Header.Set("Content-Encoding", c.encoding)
		response, text := l.do(r)
		if response.StatusCode != c.status || !strings.Contains(text, c.want) || (c.status == 415) != (response.Header.Get("Accept-Encoding") == "gzip") {
			t.Errorf("%s: %s %.300q, want %d %q", name, response.Status, text, c.status, c.want)
		}
	}
}
