package redirect

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// finder returns a real store with two registered phones: one that is redirected,
// and one whose setting server has become this service.
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

// serve starts the handler on a port of its own and returns its base URL.
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
		{"/snom360/snom360.php?MAC=" + registered, newPhone, settings.XML, server},
		{"/snom360.php?Mac=" + nobodys, newPhone, settings.XML, ""},
		{"//snom370/snom370.php?mac=" + registered, newPhone, settings.XML, server},
		{"//snom370.php?mac=" + registered, oldPhone, settings.Plain, server},
		{"///snom370//snom370.php?mac=" + nobodys, newPhone, settings.XML, ""},
		{"/snom720/snom720.php?mac=" + registered, "Mozilla/4.0 (compatible; snom720 8.9.3.80)", settings.XML, server},

		{"/snomD345.htm", newPhone, settings.XML, ""},
		{"/snomD345.htm?mac=" + registered, newPhone, settings.XML, ""},
		{"/snomD345.htm", "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + registered + ")", settings.XML, server},
		{"/snomD345.htm", "Mozilla/4.0 (compatible; snomD345-SIP 10.1.33.33 x " + nobodys + ")", settings.XML, ""},
		{"/snomD345-" + registered + ".htm", newPhone, settings.XML, server},
		{"/snomD345-00-04-13-22-02-e4.htm", "", settings.Plain, server},
		{"/snomD345-" + nobodys + ".htm", oldPhone, settings.Plain, ""},
		{"/snom190/snom190.htm", "", settings.Plain, ""},
		{"/snom190/SNOM190.htm", "snom190-SIP 3.60 " + registered, settings.Plain, server},
		{"/snom190/snom190-" + registered + ".htm", "Mozilla/4.0 (compatible; snom190-SIP 3.60)", settings.Plain, server},
		{"/snom190/snom190-" + nobodys + ".htm", "", settings.Plain, ""},
		{"//snomD345-" + registered + ".htm", newPhone, settings.XML, server},
		{"//snom190//snom190-" + registered + ".htm", newPhone, settings.XML, server},
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

// A phone's request is logged at debug only.
func TestLogLevel(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelInfo: 0, slog.LevelDebug: 1} {
		var log bytes.Buffer
		base := serve(t, Config{Finder: finder(t), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))})
		ask(t, "GET", base+"/snom360.php?mac="+registered, newPhone)
		ask(t, "GET", base+"/snom360.htm", newPhone)
		if strings.Contains(log.String(), "ERROR") {
			t.Errorf("a request without a MAC is logged as an error:\n%s", log.String())
		}
		if got := strings.Count(log.String(), "outcome=redirected"); got != want {
			t.Errorf("at %v the log has %d requests, want %d:\n%s", level, got, want, log.String())
		}
	}
}
