package redirect

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

const (
	defaultServer = "http://default.example/{mac}"
	otherBrand    = "00135E874B49"
)

// always returns a default that does not change.
func always(url string, anyOUI bool) func() store.Default {
	return func() store.Default { return store.Default{URL: store.RestoreURL(url), AnyOUI: anyOUI} }
}

func TestDefault(t *testing.T) {
	disabled := findFunc(func(macaddr.Addr) (store.Redirection, error) {
		return store.Redirection{Owner: 2}, store.ErrPhonesDisabled
	})
	good := finder(t)
	for name, c := range map[string]struct {
		finder  Finder
		path    string
		of      func() store.Default
		outcome Outcome
		answer  store.Answer
		server  string
	}{
		"unregistered":          {good, "/snom360.php?mac=" + nobodys, always(defaultServer, false), ToDefault, store.ToDefault, defaultServer},
		"by the User-Agent":     {good, "/snom360-" + nobodys + ".htm", always(defaultServer, false), ToDefault, store.ToDefault, defaultServer},
		"registered":            {good, "/snom360.php?mac=" + registered, always(defaultServer, true), Redirected, store.Redirected, server},
		"no default":            {good, "/snom360.php?mac=" + nobodys, always("", true), Unregistered, store.Unregistered, ""},
		"another brand":         {good, "/snom360.php?mac=" + otherBrand, always(defaultServer, false), Unregistered, store.Unregistered, ""},
		"another brand, any":    {good, "/snom360.php?mac=" + otherBrand, always(defaultServer, true), ToDefault, store.ToDefault, defaultServer},
		"an own server is here": {good, "/snom360.php?mac=" + pointsBack, always(defaultServer, false), PointsBack, store.Unregistered, ""},
		"the default is here":   {good, "/snom360.php?mac=" + nobodys, always("http://prov.house.example/", false), PointsBack, store.Unregistered, ""},
		"disabled":              {disabled, "/snom360.php?mac=" + nobodys, always(defaultServer, false), Disabled, store.Unregistered, ""},
		"no MAC":                {good, "/snom360.htm", always(defaultServer, true), NoMAC, 0, ""},
		"a claim without proof": {good, "/claim/abc/snom360-" + nobodys + ".htm", always(defaultServer, true), Unregistered, store.Unregistered, ""},
	} {
		t.Run(name, func(t *testing.T) {
			observations, contacts := make(chan Observation, 2), make(chan store.Contact, 2)
			base := serve(t, Config{Finder: c.finder, Default: c.of, Observe: func(o Observation) { observations <- o }, OnContact: func(c store.Contact) { contacts <- c }})
			resp, body := ask(t, "GET", base+c.path, oldPhone)
			if o := <-observations; resp.StatusCode != 200 || body != file(settings.Plain, c.server) || o.Outcome != c.outcome {
				t.Errorf("%s, %s\n%s", resp.Status, o.Outcome, body)
			}
			if c.answer == 0 {
				return
			}
			if contact := <-contacts; contact.Answer != c.answer || c.outcome == ToDefault && contact.Owner != 0 {
				t.Errorf("%+v", contact)
			}
		})
	}
}

// Over HTTPS the default needs the same proof as a registered phone's setting server.
func TestDefaultNeedsProof(t *testing.T) {
	root := (*issuer)(nil).issue(t, "Snom Phone 1 SHA-256", nil, authority)
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	contacts := make(chan store.Contact, 1)
	config := Config{Finder: finder(t), Default: always(defaultServer, false), PhoneAuthorities: pool, OnContact: func(c store.Contact) { contacts <- c }}
	own, another := root.issue(t, nobodys, nil, nil), root.issue(t, registered, nil, nil)
	for _, c := range []struct {
		client   *issuer
		required bool
		server   string
		answer   store.Answer
	}{
		{own, true, defaultServer, store.ToDefault},
		{another, true, "", store.Withheld},
		{another, false, "", store.Withheld},
		{nil, true, "", store.Withheld},
		{nil, false, defaultServer, store.ToDefault},
	} {
		config.RequireProof = c.required
		s := serveTLS(t, config)
		_, body := c.client.get(t, s, tls.VersionTLS13, "/snom360.php?mac="+nobodys)
		s.Close()
		if contact := <-contacts; body != file(settings.Plain, c.server) || contact.Answer != c.answer || contact.Owner != 0 {
			t.Errorf("%+v\n%s", contact, body)
		}
	}
}

// A source without a budget gets the empty file, and what it spends is the same with a
// default and without one.
func TestDefaultAndScans(t *testing.T) {
	for _, url := range []string{"", defaultServer} {
		limiter, recorder := newLimiter(t, 5)
		outcomes := map[Outcome]int{}
		h := New(Config{Finder: finder(t), Default: always(url, false), Scans: limiter, OnContact: recorder.Record, Observe: func(o Observation) { outcomes[o.Outcome]++ }})
		for range 2 { // the second time the phones are known
			for n := range 9 {
				get(h, "198.51.100.1", fmt.Sprintf("/snom360.php?mac=0004133%05X", n), newPhone)
			}
		}
		if answered := outcomes[ToDefault] + outcomes[Unregistered]; answered != 10 || outcomes[Throttled] != 8 || (outcomes[ToDefault] > 0) != (url != "") {
			t.Errorf("with the default %q: %v", url, outcomes)
		}
	}
}

func TestExplainDefault(t *testing.T) {
	for _, c := range []struct {
		mac, url string
		because  string
	}{
		{nobodys, defaultServer, "redirected to the service's default; plain, because"},
		{registered, defaultServer, "plain, because"},
		{nobodys, "", "plain, because"},
		{otherBrand, defaultServer, "the service's default is only for MACs of snom's; plain, because"},
		{nobodys, "http://provisioning.snom.com/", "the service's default is this service; plain, because"},
	} {
		config := Config{Finder: finder(t), Default: always(c.url, false)}
		e := Explainer(config)("/snom360.php?mac="+c.mac, "")
		if w := get(New(config), "192.0.2.7", "/snom360.php?mac="+c.mac, ""); !strings.HasPrefix(e.Because, c.because) || string(e.Body) != w.Body.String() {
			t.Errorf("%s, %q: %+v", c.mac, c.url, e)
		}
	}
}

// A phone that is sent to the default costs no more allocations than a registered one.
func TestDefaultAllocations(t *testing.T) {
	h := &handler{Config{Finder: finder(t), Default: always(defaultServer, false)}}
	count := func(mac string, want Outcome) float64 {
		u, err := url.Parse("/snom360/snom360.php?mac=" + mac)
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(100, func() {
			var a answer
			if h.answer(&a, u, newPhone, nil); a.outcome != want {
				t.Fatal(a.outcome)
			}
		})
	}
	if to, redirected := count(nobodys, ToDefault), count(registered, Redirected); to > redirected {
		t.Errorf("%v allocations, and %v of a registered phone", to, redirected)
	}
}

// BenchmarkHandler measures the handler for a registered phone and an unregistered one,
// with a default and without.
func BenchmarkHandler(b *testing.B) {
	for name, c := range map[string]struct{ mac, url string }{
		"registered":   {registered, ""},
		"unregistered": {nobodys, ""},
		"default":      {nobodys, defaultServer},
	} {
		b.Run(name, func(b *testing.B) {
			h := New(Config{Finder: finder(b), Default: always(c.url, false)})
			r := httptest.NewRequest(http.MethodGet, "/snom360/snom360.php?mac="+c.mac, nil)
			r.Header.Set("User-Agent", newPhone)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
