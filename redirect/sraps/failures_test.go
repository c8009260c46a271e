package sraps

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// What goes wrong inside is only in the log.
func TestFailures(t *testing.T) {
	var err error
	l := newLab(t, func(c *Config) {
		login := c.Login
		c.Login = func(ctx context.Context, id string, from netip.Addr, signed func(string) bool) (store.Account, error) {
			if err != nil {
				return store.Account{}, err
			}
			return login(ctx, id, from, signed)
		}
		c.Phones = failing{c.Phones}
	})
	path := company("acme", "endpoints/"+mac1)
	l.refuses("acme", "PUT", path, `{}`, 500, internal)
	l.refuses("acme", "GET", path, "", 500, internal) // a panic
	l.refuses("acme", "DELETE", path, "", 503, "try again later")
	err = store.ErrBusy
	if l.refused(l.request("acme", "GET", path, ""), 503, "try again later").Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	err = errors.New("/data/secret: disk on fire")
	l.refuses("acme", "GET", path, "", 503, "try again later")
	if text := l.log.String(); strings.Count(text, `error="/data/secret: disk on fire"`) != 2 || !strings.Contains(text, "msg=panic in=sraps") {
		t.Errorf("log: %s", text)
	}
	want := "putEndpoint failed,getEndpoint panicked,deleteEndpoint busy,getEndpoint busy,getEndpoint busy"
	if got := strings.Join(l.seen, ","); got != want {
		t.Errorf("observed %s, want %s", got, want)
	}
}

// If the store may lack changes, each answer to a call says how old it is. Calls that ask
// are answered. Each waits once for what is new, and nobody who sends no credentials does.
func TestAge(t *testing.T) {
	var at time.Time
	waits := 0
	l := newLab(t, func(c *Config) { c.Fresh = func(context.Context) time.Time { waits++; return at } })
	ask := func(path string, status int, want string) {
		t.Helper()
		response, _ := l.do(l.request("acme", "GET", path, ""))
		if got := response.Header.Get("Age"); got != want || response.StatusCode != status {
			t.Errorf("%s: %s, Age %q, want %d and %q", path, response.Status, got, status, want)
		}
	}
	ask(company("acme", "endpoints/"), 200, "")
	at = time.Now().Add(-90*time.Second - 500*time.Millisecond)
	ask(company("acme", "endpoints/"), 200, "90")
	ask(company("acme", "endpoints/"+mac1), 404, "90")
	l.keys["acme"] = apiKey{l.keys["acme"].id, "wrong"}
	ask(company("acme", "endpoints/"), 401, "90")
	r := l.request("acme", "GET", company("acme", "endpoints/"), "")
	r.Header.Del("Authorization")
	if l.do(r); waits != 4 {
		t.Errorf("%d waits for 4 calls and a request that is not signed", waits)
	}
}

// failing is a store that fails in different ways.
type failing struct{ store Phones }

func (f failing) MayKnow(by store.Account, p store.Phone) error { return f.store.MayKnow(by, p) }
func (f failing) Phones(owner store.AccountID, after macaddr.Addr, n int) ([]store.Phone, error) {
	return f.store.Phones(owner, after, n)
}
func (failing) Phone(macaddr.Addr) (store.Phone, error) { panic("in /data/secret.go") }
func (failing) Change(b store.Batch) ([]store.Result, error) {
	if b.Rule == store.RuleDeregister {
		return nil, store.ErrUnavailable
	}
	return nil, errors.New("/data/secret: disk on fire")
}
