package sraps

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"snomredirect/redirect/sraps/hawk"
	"snomredirect/store"
	"snomredirect/store/apikeys"
	"snomredirect/store/bolt"
)

const (
	mac1    = "0004132202E4"
	mac2    = "000413241214"
	serverA = "http://prov.acme.example/{mac}"
)

// A lab is the service over TLS, with the accounts acme and bravo and the operator olga,
// who each have an API key.
type lab struct {
	testing.TB
	db     *bolt.DB
	server *httptest.Server
	keys   map[string]apiKey // by account
	log    bytes.Buffer      // read only between requests
	mu     sync.Mutex
	seen   []string // "call outcome" of each request
}

type apiKey struct{ id, secret string }

// attempts refuses without a delay.
type attempts struct{}

func (attempts) Refuse(context.Context, string, netip.Addr) error { return store.ErrDenied }
func (attempts) Remember(store.AccountID, netip.Addr)             {}

func newLab(t testing.TB, change func(*Config)) *lab {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: 10 * time.Minute, Quota: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keeper, err := apikeys.New(apikeys.NewFile(), db, attempts{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{TB: t, db: db, keys: map[string]apiKey{}}
	for _, a := range []store.Account{
		{Name: "olga", Role: store.Operator},
		{Name: "acme", Company: "ACME & Söhne <1>", SettingServer: store.RestoreURL(serverA)},
		{Name: "bravo"},
	} {
		a, err := db.AddAccount(store.Audit{}, false, a)
		if err != nil {
			t.Fatal(err)
		}
		key, secret := keeper.Make(a.ID, "")
		if err := db.AddAPIKey(store.Audit{}, false, key); err != nil {
			t.Fatal(err)
		}
		l.keys[string(a.Name)] = apiKey{key.ID, secret}
	}
	names, err := store.NewPublicNames("prov.house.example")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Phones: db, Profiles: db, Login: keeper.Login, PublicNames: names,
		Log: slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(call string, o Outcome) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.seen = append(l.seen, call+" "+string(o))
		},
	}
	if change != nil {
		change(&c)
	}
	l.server = httptest.NewTLSServer(New(c))
	t.Cleanup(l.server.Close)
	return l
}

// company returns the path of an account's company with what follows it.
func company(account, rest string) string { return "companies/" + account + "/" + rest }

// request returns a request that is signed as an account. The payload is signed too if
// there is one.
func (l *lab) request(account, method, path, body string) *http.Request {
	l.Helper()
	if !strings.HasPrefix(path, "https://") {
		path = l.server.URL + Base + path
	}
	r, err := http.NewRequestWithContext(l.Context(), method, path, strings.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	hash := ""
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
		hash = hawk.PayloadHash("application/json", []byte(body))
	}
	r.Header.Set("User-Agent", "sraps-test/1.0 \u202e") // which reverses a terminal's text
	l.sign(r, account, hash, time.Now())
	return r
}

// sign signs a request as an account at a time.
func (l *lab) sign(r *http.Request, account, hash string, now time.Time) {
	l.Helper()
	target, err := hawk.ParseTarget(r.Method, r.URL.String())
	if err != nil {
		l.Fatal(err)
	}
	key := l.keys[account]
	r.Header.Set("Authorization", hawk.New(key.id, key.secret, target, hash, now).String())
}

// do sends a request and returns the response and its body, which is JSON.
func (l *lab) do(r *http.Request) (*http.Response, string) {
	l.Helper()
	response, err := l.server.Client().Do(r)
	if err != nil {
		l.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		l.Fatal(err)
	}
	if len(text) > 0 && (response.ContentLength != int64(len(text)) || !json.Valid(text) || response.Header.Get("Content-Type") != "application/json") {
		l.Errorf("Content-Length %d, Content-Type %s: %q", response.ContentLength, response.Header.Get("Content-Type"), text)
	}
	l.describes(r, response, text)
	return response, strings.TrimSpace(string(text))
}

// gives checks the status and the body of an answer.
func (l *lab) gives(account, method, path, body string, status int, want string) {
	l.Helper()
	response, got := l.do(l.request(account, method, path, body))
	if response.StatusCode != status || got != want {
		l.Errorf("%s %s %s\ngot %s %s\nwant %d %s", method, path, body, response.Status, got, status, want)
	}
}

// refuses checks that a call is refused with a sentence that contains want.
func (l *lab) refuses(account, method, path, body string, status int, want string) {
	l.Helper()
	l.refused(l.request(account, method, path, body), status, want)
}

func (l *lab) refused(r *http.Request, status int, want string) *http.Response {
	l.Helper()
	response, text := l.do(r)
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil || response.StatusCode != status || !strings.Contains(m.Message, want) || !strings.HasSuffix(m.Message, ".") {
		l.Errorf("%s %v\ngot %s %s, %v\nwant %d %s", r.Method, r.URL, response.Status, text, err, status, want)
	}
	return response
}

// put returns the body of a PUT with a setting server.
func put(url string) string {
	return `{"autoprovisioning_enabled":true,"settings_manager":{"` + SettingServer + `":{"value":"` + url + `","attrs":{"perm":"RW"}}}}`
}

// answered returns the JSON of an endpoint with a URL of its own, or of none.
func answered(mac, url string) string {
	if url == "" {
		return `{"mac":"` + mac + `","autoprovisioning_enabled":true,"settings_manager":{}}`
	}
	return `{"mac":"` + mac + `",` + strings.TrimSuffix(put(url)[1:], "}") + `,"provisioning_url":"` + url + `"}`
}
