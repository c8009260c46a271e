package sraps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/redirect/sraps/hawk"
	"snomredirect/store"
)

// Attack: whoever has seen a request sends it again, or with another body, method, path
// or host, or signs with what it has guessed.
func TestForgedRequests(t *testing.T) {
	l := newLab(t, nil)
	path := company("acme", "endpoints/"+mac1)
	sent := l.request("acme", "PUT", path, put("http://own.example/"))
	again := func(change func(*http.Request)) *http.Request {
		r := sent.Clone(t.Context())
		r.Body = io.NopCloser(strings.NewReader(put("http://own.example/")))
		change(r)
		return r
	}
	body := func(r *http.Request, text string) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	}
	const wrong = "There is no such API key, or the signature is not of this request with that key."
	for what, change := range map[string]func(*http.Request){
		"another method": func(r *http.Request) { r.Method = "DELETE" },
		"another phone":  func(r *http.Request) { r.URL.Path = Base + company("acme", "endpoints/"+mac2) },
		"a query":        func(r *http.Request) { r.URL.RawQuery = "x=1" },
		"another host":   func(r *http.Request) { r.Host = "evil.example" },
		"another port":   func(r *http.Request) { r.Host = r.URL.Hostname() + ":1" },
		"another key": func(r *http.Request) {
			l.keys["x"] = apiKey{l.keys["bravo"].id, "guessed"}
			l.sign(r, "x", "", time.Now())
		},
		"no such key": func(r *http.Request) {
			l.keys["x"] = apiKey{"nothing", l.keys["acme"].secret}
			l.sign(r, "x", "", time.Now())
		},
	} {
		t.Log(what)
		r := l.refused(again(change), 401, wrong)
		if r.Header.Get("WWW-Authenticate") != "Hawk" {
			t.Errorf("%s: %v", what, r.Header)
		}
	}
	l.refused(again(func(r *http.Request) { r.Header.Set("Authorization", "Basic YTpi") }), 401, "not signed by Hawk with an API key: expected the scheme Hawk.")
	l.refused(again(func(r *http.Request) { r.Header.Del("Authorization") }), 401, "not signed by Hawk")
	if _, err := l.db.Phone(macaddr.MustParse(mac1)); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("it was registered: %v", err)
	}
	// A changed body uses up the nonce, and changes nothing.
	changed := l.request("acme", "PUT", path, put("http://own.example/"))
	body(changed, put("http://evil.example/"))
	l.refused(changed, 401, "The hash in the signature is not that of this body")
	kind := l.request("acme", "PUT", path, put("http://own.example/"))
	kind.Header.Set("Content-Type", "text/plain")
	l.refused(kind, 401, "The hash in the signature")
	empty := l.request("acme", "GET", "settings", "")
	l.sign(empty, "acme", hawk.PayloadHash("", nil), time.Now())
	if response, _ := l.do(empty); response.StatusCode != 200 {
		t.Errorf("the hash of nothing: %s", response.Status)
	}

	if response, text := l.do(sent); response.StatusCode != 201 {
		t.Fatalf("%s %s", response.Status, text)
	}
	l.refused(again(func(*http.Request) {}), 401, "The same request was sent before")
	if text := l.log.String(); strings.Contains(text, l.keys["acme"].secret) || !strings.Contains(text, `msg="login refused" user=nothing from=127.0.0.1:`) {
		t.Errorf("log: %s", text)
	}
}

// A tool whose clock is wrong gets the time, signed with its key.
func TestStale(t *testing.T) {
	l := newLab(t, nil)
	for _, off := range []time.Duration{-2 * time.Minute, -62 * time.Second, 62 * time.Second, 2 * time.Minute} {
		r := l.request("acme", "GET", "settings", "")
		l.sign(r, "acme", "", time.Now().Add(off))
		header := l.refused(r, 401, "the tool's clock is wrong").Header.Get("WWW-Authenticate")
		var ts int64
		if _, err := fmt.Sscanf(header, `Hawk ts="%d"`, &ts); err != nil || time.Since(time.Unix(ts, 0)).Abs() > 10*time.Second || header != hawk.Stale(l.keys["acme"].secret, time.Unix(ts, 0)) {
			t.Errorf("%s, %v", header, err)
		}
	}
	for _, off := range []time.Duration{-50 * time.Second, 50 * time.Second} {
		r := l.request("acme", "GET", "settings", "")
		l.sign(r, "acme", "", time.Now().Add(off))
		if response, text := l.do(r); response.StatusCode != 200 {
			t.Errorf("%v: %s %s", off, response.Status, text)
		}
	}
	// Without the key nobody learns more.
	r := l.request("acme", "GET", "settings", "")
	l.keys["x"] = apiKey{l.keys["acme"].id, "guessed"}
	l.sign(r, "x", "", time.Now().Add(-time.Hour))
	if header := l.refused(r, 401, "There is no such API key").Header.Get("WWW-Authenticate"); header != "Hawk" {
		t.Error(header)
	}
}

// A key that is removed, or an account that is disabled, while a call is read is refused
// at its end.
func TestRemovedInUse(t *testing.T) {
	l := newLab(t, nil)
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	during := func(then func() error) {
		t.Helper()
		text := put("http://own.example/")
		read, write := io.Pipe()
		r := l.request("acme", "PUT", company("acme", "endpoints/"+mac1), text)
		r.Body, r.ContentLength = read, int64(len(text))
		go func() {
			_, _ = io.WriteString(write, text[:10]) // it is read now: the login has succeeded
			if err := then(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(write, text[10:])
			_ = write.Close()
		}()
		l.refused(r, 401, "There is no such API key")
	}
	disable := func(disabled bool) func() error {
		return func() error {
			_, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Disabled = disabled; return nil })
			return err
		}
	}
	during(disable(true))
	if err := disable(false)(); err != nil {
		t.Fatal(err)
	}
	during(func() error { return l.db.RemoveAPIKey(store.Audit{}, false, acme.ID, l.keys["acme"].id) })
	l.refuses("acme", "GET", "settings", "", 401, "There is no such API key")
	if _, err := l.db.Phone(macaddr.MustParse(mac1)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it was registered: %v", err)
	}
}

// Nonces are kept for two minutes at least, and no account can use up the room of others.
func TestNonces(t *testing.T) {
	var n nonces
	now := time.Now()
	h := hawk.Header{ID: "a", TS: now.Unix(), Nonce: "n"}
	use := func(account store.AccountID, h hawk.Header, after time.Duration, want string) {
		t.Helper()
		if err := n.use(account, h, now.Add(after)); fmt.Sprint(err) != want && (want == "" || err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("after %v: %v, want %s", after, err, want)
		}
	}
	const none, again = "<nil>", "sent before"
	use(1, h, 0, none)
	use(1, h, 0, again)
	use(1, hawk.Header{ID: "b", TS: h.TS, Nonce: "n"}, 0, none)
	use(1, hawk.Header{ID: "a", TS: h.TS + 1, Nonce: "n"}, 0, none)
	use(1, hawk.Header{ID: "a", TS: h.TS, Nonce: "o"}, nonceTime-1, none)
	use(1, hawk.Header{ID: "a", TS: h.TS, Nonce: "o"}, 2*nonceTime-2, again)
	use(1, h, 2*nonceTime-1, again)
	use(1, h, 5*nonceTime, none)
	for i := range maxNoncesAccount - 1 {
		use(1, hawk.Header{ID: "a", TS: int64(i)}, 5*nonceTime, none)
	}
	use(1, hawk.Header{ID: "a", Nonce: "more"}, 5*nonceTime, store.ErrBusy.Error())
	use(2, hawk.Header{ID: "c", Nonce: "more"}, 5*nonceTime, none)
	use(1, hawk.Header{ID: "a", Nonce: "more"}, 6*nonceTime, none)
	if len(n.before.seen) != maxNoncesAccount+1 || len(n.now.seen) != 1 {
		t.Errorf("%d and %d nonces", len(n.before.seen), len(n.now.seen))
	}
}

// A tool behind a proxy that speaks HTTPS for the service signs, and gets, its URLs.
func TestBehindAProxy(t *testing.T) {
	l := newLab(t, nil)
	h := l.server.Config.Handler
	for _, c := range []struct{ host, proto, url string }{
		{"prov.example", "https", "https://prov.example"},
		{"prov.example:8443", "https", "https://prov.example:8443"},
		{"prov.example", "", "http://prov.example"},
		{"prov.example:8083", "", "http://prov.example:8083"},
	} {
		r := l.request("acme", "GET", "tokens/"+l.keys["acme"].id, "")
		target, err := hawk.ParseTarget("GET", c.url+Base+"tokens/"+l.keys["acme"].id)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", hawk.New(l.keys["acme"].id, l.keys["acme"].secret, target, "", time.Now()).String())
		r.Header.Set("X-Forwarded-Proto", c.proto)
		r.Host, r.RequestURI, r.RemoteAddr = c.host, target.Resource, "127.0.0.1:1"
		a := answer{header: http.Header{}}
		h.ServeHTTP(&a, r)
		if want := `{"links":{"company":"` + c.url + Base + `companies/acme"}}` + "\n"; a.status != 200 || a.body.String() != want {
			t.Errorf("%s: %d %s", c.url, a.status, &a.body)
		}
	}
}

type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
