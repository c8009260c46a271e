package redirect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const (
	server     = "http://prov.acme.example/snom.php?mac={mac}&v=<1>"
	registered = "0004132202E4"
	nobodys    = "0004132202E5"
	pointsBack = "0004132202E6"

	oldPhone = "Mozilla/4.0 (compatible; snom360-SIP 6.5.2; snom360 ramdisk v3.31; snom360 linux 3.25)"
	newPhone = "Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)"
	m9       = "Mozilla/4.0 (compatible; snom m9 9.1.43)"
)

// finder is a real store with one phone registered, and one that a name added
// since has made point back here.
func finder(t testing.TB) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL(server)})
	if err != nil {
		t.Fatal(err)
	}
	for mac, url := range map[string]string{registered: "", pointsBack: "http://prov.house.example/"} {
		change := store.Change{MAC: macaddr.MustParse(mac), URL: store.RestoreURL(url)}
		if _, err := db.Change(store.Batch{Audit: store.Audit{Actor: a.ID}, Owner: a.ID, Changes: []store.Change{change}}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// serve starts the handler on a port of its own.
func serve(t testing.TB, c Config) string {
	t.Helper()
	names, err := store.NewPublicNames("prov.house.example")
	if err != nil {
		t.Fatal(err)
	}
	c.PublicNames = names
	s := httptest.NewServer(New(c))
	t.Cleanup(s.Close)
	return s.URL
}

func ask(t testing.TB, method, url, userAgent string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func file(f settings.Format, server string) string { return string(f.AppendText(nil, server)) }

func TestPhones(t *testing.T) {
	base := serve(t, Config{Finder: finder(t)})
	for _, c := range []struct {
		path, agent string
		format      settings.Format
		server      string
	}{
		{"/snom360/snom360.php?mac=" + registered, oldPhone, settings.Plain, server},
		{"/snom360/snom360.php?mac=" + registered, newPhone, settings.XML, server},
		{"/snom360/snom360.php?mac=" + registered, m9, settings.Container, server},
		{"/snom360/snom360.php?mac=" + registered, "", settings.Plain, server},
		{"/snom360/snom360.php?mac=" + registered, "curl/8.5.0", settings.Plain, server},
		{"/snom360/snom360.php?mac=" + nobodys, oldPhone, settings.Plain, ""},
		{"/snom360/snom360.php?mac=" + nobodys, newPhone, settings.XML, ""},
		{"/snom360/snom360.php?mac=" + nobodys, m9, settings.Container, ""},
		{"/snom360/snom360.php?mac=" + pointsBack, newPhone, settings.XML, ""},

		{"/snom360/SNOM360.php?mac=" + registered, newPhone, settings.XML, server},
		{"/snomm9/snomm9.php?mac=" + registered, newPhone, settings.Container, server},
		{"/SnomM9.php?mac=" + registered, "", settings.Container, server},
		{"/snom3x0/snom3x0.php?mac=" + registered, newPhone, settings.XML, server},
		{"/anything9.php?mac=" + registered, newPhone, settings.XML, server},
		{"/snom360.php?x=1&mac=00:04:13:22:02:e4&y=a;b", newPhone, settings.XML, server},
		{"/snom360.php?mac=0004-1322-02e4", newPhone, settings.XML, server},
		{"/snom360.php?mac=00.04.13.22.02.E4", newPhone, settings.XML, server},

		{"/snomD345.htm", newPhone, settings.XML, ""},
		{"/snomD345.htm?mac=" + registered, newPhone, settings.XML, ""},
		{"/snomD345.htm", "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + registered + ")", settings.XML, server},
		{"/snomD345.htm", "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + nobodys + ")", settings.XML, ""},
		{"/snomD345-" + registered + ".htm", newPhone, settings.XML, server},
		{"/snomD345-00-04-13-22-02-e4.htm", "", settings.Plain, server},
		{"/snomD345-" + nobodys + ".htm", oldPhone, settings.Plain, ""},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := ask(t, method, base+c.path, c.agent)
			want := file(c.format, c.server)
			if resp.ContentLength != int64(len(want)) {
				t.Errorf("%s %s: Content-Length %d, want %d", method, c.path, resp.ContentLength, len(want))
			}
			if method == "HEAD" {
				want = ""
			}
			if resp.StatusCode != 200 || body != want || resp.Header.Get("Content-Type") != c.format.ContentType() {
				t.Errorf("%s %s as %q: %s %s\n%s\nwant\n%s", method, c.path, c.agent, resp.Status, resp.Header, body, want)
			}
			if len(resp.TransferEncoding) > 0 || resp.Header.Get("Content-Encoding") != "" || resp.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s: %v %v", method, c.path, resp.TransferEncoding, resp.Header)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	base := serve(t, Config{Finder: finder(t)})
	for _, c := range []struct {
		method, path string
		status       int
		line         string
	}{
		{"GET", "/snom360/snom360.php", 400, "mac is missing"},
		{"GET", "/snom360.php?MAC=" + registered, 400, "mac is missing"},
		{"GET", "/snom360.php?%zz", 400, "query is malformed"},
		{"GET", "/snom360.php?mac=%zz", 400, "query is malformed"},
		{"GET", "/snom360.php?mac=" + registered + "&mac=" + registered, 400, "more than once"},
		{"GET", "/snom360.php?mac=", 400, "twelve hex digits"},
		{"GET", "/snom360.php?mac=2e4", 400, "twelve hex digits"}, // short forms are the console's
		{"GET", "/snom360.php?mac=000000000000", 400, "all zeros"},
		{"GET", "/snom360.php?mac=ffffffffffff", 400, "group address"},
		{"GET", "/snom360.php?mac=%3Cscript%3E", 400, "twelve hex digits"},

		{"GET", "/", 404, "expected /{model}/"},
		{"GET", "/snom360", 404, "expected /{model}/"},
		{"GET", "/snom360/", 404, "expected /{model}/"},
		{"GET", "/snom360/snom370.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom360/snom360.htm", 404, "expected /{model}/"},
		{"GET", "/a/snom360/snom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom-360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "//snom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snom360%2Fsnom360.php?mac=" + registered, 404, "expected /{model}/"},
		{"GET", "/snomD345-.htm", 404, "expected /{model}/"},
		{"GET", "/snomD345-2e4.htm", 404, "expected /{model}/"},
		{"GET", "/-" + registered + ".htm", 404, "expected /{model}/"},
		{"GET", "/../etc/passwd", 404, "expected /{model}/"},

		{"POST", "/snom360/snom360.php?mac=" + registered, 405, "GET or HEAD"},
		{"OPTIONS", "/snom360/snom360.php?mac=" + registered, 405, "GET or HEAD"},
		{"DELETE", "/healthz", 405, "GET or HEAD"},
		{"BREW", "/snom360.php", 405, "GET or HEAD"},
	} {
		resp, body := ask(t, c.method, base+c.path, newPhone)
		if resp.StatusCode != c.status || !strings.Contains(body, c.line) || strings.Count(body, "\n") != 1 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s %s: %s %q %q; want %d with %q on one line", c.method, c.path, resp.Status, resp.Header.Get("Content-Type"), body, c.status, c.line)
		}
		if c.status == 405 && resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s %s: Allow %q", c.method, c.path, resp.Header.Get("Allow"))
		}
		if resp.ContentLength != int64(len(body)) {
			t.Errorf("%s %s: Content-Length %d for %d", c.method, c.path, resp.ContentLength, len(body))
		}
	}
}

type findFunc func(macaddr.Addr) (store.URL, error)

func (f findFunc) SettingServer(mac macaddr.Addr) (store.URL, error) { return f(mac) }

// What goes wrong inside is for the log alone.
func TestFailingStore(t *testing.T) {
	for name, find := range map[string]findFunc{
		"error": func(macaddr.Addr) (store.URL, error) { return store.URL{}, errors.New("/data/secret: disk on fire") },
		"panic": func(macaddr.Addr) (store.URL, error) { panic("/data/secret: disk on fire") },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			base := serve(t, Config{Finder: find, Log: slog.New(slog.NewTextHandler(&log, nil))})
			resp, body := ask(t, "GET", base+"/snom360.php?mac="+registered, newPhone)
			if resp.StatusCode != 500 || body != "internal error: try again later\n" {
				t.Errorf("%s %q", resp.Status, body)
			}
			if got := strings.Count(log.String(), "disk on fire"); got != 1 {
				t.Errorf("the log tells the cause %d times:\n%s", got, log.String())
			}
			if name == "error" {
				resp, body := ask(t, "GET", base+"/healthz", "")
				if resp.StatusCode != 503 || strings.Contains(body, "secret") {
					t.Errorf("healthz: %s %q", resp.Status, body)
				}
			}
		})
	}
}

func TestHealthz(t *testing.T) {
	base := serve(t, Config{Finder: finder(t)})
	for _, method := range []string{"GET", "HEAD"} {
		if resp, body := ask(t, method, base+"/healthz", ""); resp.StatusCode != 200 || method == "GET" && body != "ok\n" {
			t.Errorf("%s: %s %q", method, resp.Status, body)
		}
	}
}

// A phone's request is told at debug and not above it.
func TestLogLevel(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelInfo: 0, slog.LevelDebug: 1} {
		var log bytes.Buffer
		base := serve(t, Config{Finder: finder(t), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		ask(t, "GET", base+"/snom360.php?mac="+registered, newPhone)
		ask(t, "GET", base+"/snom360.htm", newPhone)
		if strings.Contains(log.String(), "ERROR") {
			t.Errorf("a phone that does not tell its MAC:\n%s", log.String())
		}
		if got := strings.Count(log.String(), "outcome=redirected"); got != want {
			t.Errorf("at %v the log holds %d requests, want %d:\n%s", level, got, want, log.String())
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add("/snom360/snom360.php", "mac=0004132202E4", newPhone)
	f.Add("/snomD345-0004132202E4.htm", "", m9)
	f.Add("/snomD345.htm", "mac=1&mac=2", "")
	f.Fuzz(func(t *testing.T, path, query, agent string) {
		r, err := parseRequest(path, query, agent)
		var mac macError
		switch {
		case err == nil:
			if !isModel(r.model) {
				t.Fatalf("%q is of model %q", path, r.model)
			}
			if strings.HasSuffix(path, ".php") && !r.mac.IsValid() {
				t.Fatalf("%q?%q was taken without a mac", path, query)
			}
		case errors.As(err, &mac):
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("error %q is of several lines", err)
			}
		case err != errNotFound:
			t.Fatalf("error %v", err)
		}
	})
}

// A request as the handler sees it, without the connection: what our own code
// costs a phone, and what hearing of it adds. Compare with an answer that Echo
// gives without looking at it.
func BenchmarkRequest(b *testing.B) {
	f := finder(b)
	deaf, hears := New(Config{Finder: f}), New(Config{Finder: f, OnContact: func(store.Contact) {}})
	for _, c := range []struct {
		name, path string
		h          http.Handler
	}{
		{"redirected", "/snom360/snom360.php?mac=" + registered, deaf},
		{"redirected, heard", "/snom360/snom360.php?mac=" + registered, hears},
		{"unregistered", "/snom360/snom360.php?mac=" + nobodys, deaf},
		{"unregistered, heard", "/snom360/snom360.php?mac=" + nobodys, hears},
		{"healthz", "/healthz", deaf},
		{"not found", "/", deaf},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := httptest.NewRequest("GET", c.path, nil)
			r.Header.Set("User-Agent", newPhone)
			w := &discard{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				c.h.ServeHTTP(w, r)
			}
			if c.name == "redirected" && w.header.Get("Content-Length") != strconv.Itoa(len(file(settings.XML, server))) {
				b.Fatal(w.header)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// What has no path is not found, and nothing that fails: strangers write no
// errors into the log.
func TestNoPath(t *testing.T) {
	var log bytes.Buffer
	address := strings.TrimPrefix(serve(t, Config{Finder: finder(t), Log: slog.New(slog.NewTextHandler(&log, nil))}), "http://")
	for _, target := range []string{"*", "http://" + address, "http://" + address + "?mac=" + registered} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, address); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 404 || log.Len() > 0 {
			t.Errorf("%s: %v, %v\n%s", target, resp, err, &log)
		}
	}
}
