package redirect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"snomredirect/macaddr"
	"snomredirect/store"
	"strings"
	"testing"
)

// An explanation is the real answer, to the byte.
func TestExplain(t *testing.T) {
	config := Config{Finder: finder(t)}
	s := httptest.NewServer(New(config))
	defer s.Close()
	explain := Explainer(config)
	for _, c := range []struct{ path, userAgent, because string }{
		{"/snom360/snom360.php?mac=" + registered, "Mozilla/4.0 (compatible; snom360-SIP 7.3.14 1.1.3-s)", "XML, because the firmware is 7.3.14"},
		{"/snom360/snom360.php?mac=" + strings.ToLower(registered), "Mozilla/4.0 (compatible; snom360-SIP 6.5.20; snom360 ramdisk v3.31)", "plain, because the firmware is 6.5.20"},
		{"/snomm9.php?mac=" + registered, "Mozilla/4.0 (compatible; snom m9 9.1.43)", "a list of settings files"},
		{"/snomM900.php?mac=" + registered, "Snom M900 05.20.0001 " + registered, "plain, because the firmware version of a DECT base"},
		{"/snom360-" + registered + ".htm", "", "plain, because the User-Agent names no firmware"},
		{"/snom360.htm", "curl", "plain"},
		{"/snom360.php?mac=0004132202E5", "", "plain"},
		{"/snom360.php?mac=x", "", ""},
		{"/snom360.php", "", ""},
		{"/elsewhere", "", ""},
		{"//snom360.php?mac=" + registered, "", "plain"},
		{"/healthz", "", ""},
		{"/readyz", "", ""},
		{"/%68ealthz", "", ""}, // Echo's routes don't decode it
		{"/a%2Fb.php?mac=" + registered, "", ""},
	} {
		request, err := http.NewRequest(http.MethodGet, s.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", c.userAgent)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		e := explain(c.path, c.userAgent)
		if e.Status != response.StatusCode || e.ContentType != response.Header.Get("Content-Type") || string(e.Body) != string(body) {
			t.Errorf("%s: explained %d %s %q, but the server answers %d %s %q", c.path, e.Status, e.ContentType, e.Body, response.StatusCode, response.Header.Get("Content-Type"), body)
		}
		if !strings.HasPrefix(e.Because, c.because) || (c.because == "") != (e.Because == "") {
			t.Errorf("%s: because %q, want %q", c.path, e.Because, c.because)
		}
	}
	for path, want := range map[string]string{
		"/snom360.php?mac=" + registered: "",
		"/snom360.htm":                   "",
		"/.htm-" + registered:            string(errNoFile),
		"/snom360/snom370.php":           string(errOtherFolder),
		"/snom360.php?mac=%7Bmac%7D":     "mac: expected twelve hex digits, such as 0004132202E4 or 00:04:13:22:02:E4",
		"/healthz":                       "the path is for health checks",
		"%zz":                            "the path is malformed",
	} {
		if e := explain(path, ""); e.Refusal != want {
			t.Errorf("%s: refused because %q, want %q", path, e.Refusal, want)
		}
	}
	for _, path := range []string{"", "%zz", "http://elsewhere.example/", "//host/x"} {
		if e := explain(path, ""); e.Status < 400 || e.MAC.IsValid() {
			t.Errorf("%q: explained %+v, want a refusal", path, e)
		}
	}
}

// A store that panics ends no console session.
func TestExplainPanic(t *testing.T) {
	explain := Explainer(Config{Finder: findFunc(func(macaddr.Addr) (store.Redirection, error) { panic("/data/secret") })})
	if e := explain("/snom360.php?mac="+registered, ""); e.Status != http.StatusInternalServerError || strings.Contains(string(e.Body)+e.Refusal, "secret") {
		t.Errorf("explained %+v", e)
	}
}
