package rds

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/passwords"
)

const password = "ABCDEFGHIJKLMNOPQRST"

// A lab is the service over TLS, with the accounts acme and bravo and the operator
// olga, who have the same password.
type lab struct {
	*testing.T
	db      *bolt.DB
	server  *httptest.Server
	log     bytes.Buffer      // read only between requests
	lookups atomic.Int64      // of accounts
	models  map[string]string // that phones last reported, by MAC
}

func newLab(t *testing.T, change func(*Config)) *lab {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{Hold: 10 * time.Minute, Quota: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	hash := store.HashPassword(password)
	for _, a := range []store.Account{
		{Name: "olga", Role: store.Operator, PasswordHash: hash},
		{Name: "acme", Company: "ACME & Söhne <1>", SettingServer: store.RestoreURL("http://prov.acme.example/{mac}"), PasswordHash: hash},
		{Name: "bravo", PasswordHash: hash},
	} {
		if _, err := db.AddAccount(store.Audit{}, false, a); err != nil {
			t.Fatal(err)
		}
	}
	names, err := store.NewPublicNames("prov.house.example")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, db: db, models: map[string]string{}}
	c := Config{
		Phones:      db,
		Login:       passwords.New(countingAccounts{db, &l.lookups}).Check,
		PublicNames: names,
		Contact: func(a macaddr.Addr) (store.Contact, error) {
			if model, ok := l.models[a.String()]; ok {
				return store.Contact{MAC: a, Model: model}, nil
			}
			return store.Contact{}, store.ErrNotFound
		},
		Log: slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&c)
	}
	l.server = httptest.NewTLSServer(New(c))
	t.Cleanup(l.server.Close)
	return l
}

// countingAccounts counts the lookups of accounts.
type countingAccounts struct {
	passwords.Accounts
	n *atomic.Int64
}

func (c countingAccounts) AccountNamed(name store.Name) (store.Account, error) {
	c.n.Add(1)
	return c.Accounts.AccountNamed(name)
}

// post sends a body as an account, and returns the response and its body.
func (l *lab) post(account, body string) (*http.Response, string) {
	l.Helper()
	r, err := http.NewRequestWithContext(l.Context(), http.MethodPost, l.server.URL+"/xmlrpc", strings.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	r.SetBasicAuth(account, password)
	r.Header.Set("User-Agent", "rds-test/1.0 \u202e") // which reverses a terminal's text
	return l.do(r)
}

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
	if response.ContentLength != int64(len(text)) || response.TransferEncoding != nil {
		l.Errorf("Content-Length %d for %d bytes, Transfer-Encoding %v", response.ContentLength, len(text), response.TransferEncoding)
	}
	return response, string(text)
}

// calls checks that a call is answered with the value want.
func (l *lab) calls(account string, c methodCall, want string) {
	l.Helper()
	l.answers(account, string(appendCall(nil, c)), "<?xml version='1.0'?><methodResponse><params><param>"+want+"</param></params></methodResponse>")
}

// answers checks that a body is answered with want, byte for byte.
func (l *lab) answers(account, body, want string) {
	l.Helper()
	response, got := l.post(account, body)
	if response.StatusCode != 200 || got != want || response.Header.Get("Content-Type") != "text/xml" {
		l.Errorf("%s: %.300s\ngot %s %.500s\nwant %.500s", account, body, response.Status, got, want)
	}
}

func of(method string, params ...value) methodCall { return methodCall{method, params} }

func str(s string) value { return value{kind: text, text: s} }

func arr(texts ...string) value {
	v := value{kind: array}
	for _, s := range texts {
		v.items = append(v.items, str(s))
	}
	return v
}

// faults checks that a call is answered with a fault that contains want.
func (l *lab) faults(account string, c methodCall, code faultCode, want string) {
	l.Helper()
	l.fault(account, string(appendCall(nil, c)), code, want)
}

// fault checks that a body is answered with a fault that contains want.
func (l *lab) fault(account, body string, code faultCode, want string) {
	l.Helper()
	response, got := l.post(account, body)
	v, isFault, err := readReply(got)
	if err != nil || !isFault || response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/xml" {
		l.Fatalf("%.200s: got %s %s, %v, want a fault", body, response.Status, got, err)
	}
	if v[0] != fmt.Sprint(int(code)) || !strings.Contains(v[1], want) || !strings.HasSuffix(v[1], ".") {
		l.Errorf("%.200s: fault %q, want %d with %q", body, v, code, want)
	}
}
