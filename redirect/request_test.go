package redirect

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

func FuzzParseRequest(f *testing.F) {
	f.Add("/snom360/snom360.php", "mac=0004132202E4", newPhone)
	f.Add("/snomD345-0004132202E4.htm", "", m9)
	f.Add("/snomD345.htm", "mac=1&mac=2", "")
	f.Add("//snom190/snom190-0004132202E4.htm", "", "")
	f.Add("/snom370/snom370.php", "MAC=0004132202E4&Mac=1", "Mozilla/4.0 (compatible; snom720 8.9.3.80)")
	f.Fuzz(func(t *testing.T, path, query, agent string) {
		r, err := parseRequest(path, query, agent)
		var noPath pathError
		var mac macError
		switch {
		case err == nil:
			if !isModel(r.model) {
				t.Fatalf("%q parsed with model %q", path, r.model)
			}
			if strings.HasSuffix(path, ".php") && !r.mac.IsValid() {
				t.Fatalf("%q?%q parsed without a MAC", path, query)
			}
		case errors.As(err, &mac), errors.As(err, &noPath):
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("error %q has several lines", err)
			}
		default:
			t.Fatalf("unexpected error: %v", err)
		}
	})
}

// A query is read as package url reads it.
func FuzzMACOf(f *testing.F) {
	for _, query := range []string{"mac=0004132202E4", "MAC=0004132202E4&Mac=1", "mac=1&mac=2", "%6Dac=00%3a04:13:22:02:E4", "a;b&mac=0004132202E4", "mac=%zz", "mac", "=&&mac=+"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		all, malformed := url.ParseQuery(query)
		values := all["mac"]
		if values == nil {
			for name, more := range all {
				if strings.EqualFold(name, "mac") {
					values = append(values, more...)
				}
			}
		}
		got, err := macOf(query)
		switch {
		case len(values) == 1:
			want, wantErr := macaddr.Parse(values[0])
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%q: %v, %v, want %v, %v", query, got, err, want, wantErr)
			}
		case err == nil || strings.Contains(err.Error(), "more than once") != (len(values) > 1):
			t.Errorf("%q: %v, %v, but there are %d", query, got, err, len(values))
		case len(values) == 0 && strings.Contains(err.Error(), "malformed") != (malformed != nil):
			t.Errorf("%q: %v, want the query to be malformed: %v", query, err, malformed)
		}
	})
}

// A boot costs few allocations: those of the database, a dozen, and hardly any more.
func TestAllocations(t *testing.T) {
	h := New(Config{Finder: finder(t), OnContact: func(store.Contact) {}})
	for _, mac := range []string{registered, nobodys} {
		r := httptest.NewRequest("GET", "/snom360/snom360.php?mac="+mac, nil)
		r.Header.Set("User-Agent", newPhone)
		w := &discard{header: http.Header{}}
		var each [101]float64
		for i := range each {
			each[i] = testing.AllocsPerRun(1, func() { h.ServeHTTP(w, r) })
		}
		slices.Sort(each[:])
		// Not the mean, nor the median: of each of several pools the race detector drops a
		// quarter.
		if n := each[len(each)/4]; n > 14 {
			t.Errorf("%s: %v allocations, want at most 14", mac, n)
		}
	}
}

// The reason why a path is no request names what is wrong with it.
func TestPathErrors(t *testing.T) {
	for path, want := range map[string]string{
		"":                                   "neither .php nor .htm",
		"/":                                  "neither .php nor .htm",
		"/.htm-" + registered:                "neither .php nor .htm",
		"/snom360/":                          "neither .php nor .htm",
		"/favicon.ico":                       "neither .php nor .htm",
		"/a/snom360/snom360.php":             "more than one folder",
		"/.php":                              "not a model",
		"/-" + registered + ".htm":           "not a model",
		"/snom-360.php":                      "not a model",
		"/snom360/snom370.php":               "not the same model",
		"/snom360/snom370-000413220E4.htm":   "not the same model",
		"/snom190/snom190-2e4.htm":           "the MAC in the file name: expected twelve hex digits",
		"/snom190-" + registered + "00.htm":  "the MAC in the file name: expected twelve hex digits",
		"/snom190/snom190-000000000000.htm":  "all zeros",
		"/snom360/snom360/snom360-{mac}.htm": "more than one folder",
		"/snom360%2Fsnom360.php":             "not a model",
	} {
		if _, err := parseRequest(path, "", ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// BenchmarkRequest measures the handler without the connection, with and without
// OnContact, and with a budget for guesses. A path that is not found shows Echo's share of the cost.
func BenchmarkRequest(b *testing.B) {
	f := finder(b)
	silent, recording := New(Config{Finder: f}), New(Config{Finder: f, OnContact: func(store.Contact) {}})
	limiter, recorder := newLimiter(b, 200)
	limited := New(Config{Finder: f, Scans: limiter, OnContact: recorder.Record})
	for _, c := range []struct {
		name, path string
		h          http.Handler
	}{
		{"redirected", "/snom360/snom360.php?mac=" + registered, silent},
		{"redirected, recorded", "/snom360/snom360.php?mac=" + registered, recording},
		{"redirected, limited", "/snom360/snom360.php?mac=" + registered, limited},
		{"unregistered, limited", "/snom360/snom360.php?mac=" + nobodys, limited},
		{"unregistered", "/snom360/snom360.php?mac=" + nobodys, silent},
		{"unregistered, recorded", "/snom360/snom360.php?mac=" + nobodys, recording},
		{"healthz", "/healthz", silent},
		{"not found", "/", silent},
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
