package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/tools/txtar"

	"snomredirect/macaddr"
	"snomredirect/redirect/boot"
	"snomredirect/redirect/boot/tftp/tftptest"
)

// A web serves the files of an archive, named by host and path, over HTTP, HTTPS and TFTP. A
// file "status 500" is one, and "to http://..." an HTTP redirect.
type web struct {
	files    map[string]string
	requests atomic.Int32
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.requests.Add(1)
	text, ok := w.files[r.Host+r.URL.RequestURI()]
	var status int
	switch _, err := fmt.Sscanf(text, "status %d", &status); {
	case !ok:
		http.NotFound(out, r)
	case err == nil:
		out.WriteHeader(status)
	case strings.HasPrefix(text, "to "):
		out.Header().Set("Location", strings.TrimSpace(text[3:]))
		out.WriteHeader(http.StatusFound)
	default:
		fmt.Fprint(out, text)
	}
}

// transport returns a transport that finds all hosts in the web but those of .invalid.
func (w *web) transport(t *testing.T) http.RoundTripper {
	t.Helper()
	plain := httptest.NewServer(w)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(w)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	tftp := &tftptest.Server{Files: map[string]string{}}
	for name, text := range w.files {
		_, path, _ := strings.Cut(name, "/")
		tftp.Files[path] = text
	}
	tftp.Start(t)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		switch {
		case err != nil:
			return nil, err
		case strings.HasSuffix(host, ".invalid"):
			return nil, fmt.Errorf("no such host: %s", host)
		case network == "udp":
			return new(net.Dialer).DialContext(ctx, network, tftp.Addr)
		case port == "443":
			return new(net.Dialer).DialContext(ctx, network, secure.Listener.Addr().String())
		}
		return new(net.Dialer).DialContext(ctx, network, plain.Listener.Addr().String())
	}
	return boot.NewTransport(dial, &tls.Config{RootCAs: roots})
}

func webOf(files []txtar.File) *web {
	w := &web{files: map[string]string{}}
	for _, f := range files {
		w.files[f.Name] = string(f.Data)
	}
	return w
}

var testMAC = macaddr.MustParse("000413230001") // of a snom360

// TestBoots checks the boots in testdata/boots: archives as those of TestFindings, but of
// what a web serves, with the setting server as url.
func TestBoots(t *testing.T) {
	files, err := filepath.Glob("testdata/boots/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checker, _ := checkerOf(t, string(archive.Comment))
			_, url, _ := strings.Cut(string(archive.Comment), "url: ")
			url, _, _ = strings.Cut(url, "\n")
			w := webOf(archive.Files[:len(archive.Files)-1])
			findings, n, err := checker.Boot(t.Context(), Way{MAC: testMAC, Transport: w.transport(t), Limits: boot.Patient}, url)
			if err != nil || n == 0 {
				t.Fatalf("%d requests, %v", n, err)
			}
			compare(t, file, archive, findings)
		})
	}
}

// Limits end a boot, and what was found before is returned.
func TestBootLimits(t *testing.T) {
	w := webOf([]txtar.File{
		{Name: "prov.example.com/" + testMAC.String(), Data: []byte("what is this\na!: 1\nb@\nuser_host13: x\nsetting_server$: http://prov.example.com/next{mac}\n")},
		{Name: "prov.example.com/next" + testMAC.String(), Data: []byte("a: 1\n")},
	})
	way := Way{MAC: testMAC, Transport: w.transport(t), Limits: boot.Patient, Findings: 2}
	way.Limits.Requests = 1
	c, _ := checkerOf(t, "")
	findings, n, err := c.Boot(t.Context(), way, "http://prov.example.com/{mac}")
	if err != nil || n != 1 || w.requests.Load() != 1 {
		t.Errorf("%d requests, %v; the server got %d", n, err, w.requests.Load())
	}
	var got strings.Builder
	for _, f := range findings {
		got.WriteString(f.String() + "\n")
	}
	const url = "http://prov.example.com/000413230001"
	want := url + ":1:1: hint: phones pass over this line: expected name: value, or a remark that begins with #\n" +
		url + ":4:1: error: user_host13: idx is 13: expected an identity, 1 to 12\n" +
		url + ":5:1: error: the rest is not checked: stopped before http://prov.example.com/next000413230001: 1 requests are the limit\n"
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

// A boot ends with its context, and there is none of a phone that is not known.
func TestNoBoot(t *testing.T) {
	w := webOf(nil)
	way := Way{MAC: testMAC, Transport: w.transport(t), Limits: boot.Patient}
	c, _ := checkerOf(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := c.Boot(ctx, way, "http://prov.example.com/{mac}"); err != context.Canceled {
		t.Error(err)
	}
	for _, mac := range []string{"F8E7D6000001", "0004132A0001"} {
		way.MAC = macaddr.MustParse(mac)
		if _, n, err := c.Boot(t.Context(), way, "http://prov.example.com/{mac}"); err == nil || n != 0 {
			t.Errorf("%s: %d requests, %v", mac, n, err)
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}
