package rds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// failingPhones is a store that fails or panics when a phone is looked up.
type failingPhones struct {
	*bolt.DB
	panics bool
}

func (f failingPhones) Phone(macaddr.Addr) (store.Phone, error) {
	if f.panics {
		panic("secret")
	}
	return store.Phone{}, errors.New("secret")
}

func TestFailures(t *testing.T) {
	for _, panics := range []bool{false, true} {
		l := newLab(t, func(c *Config) { c.Phones = failingPhones{c.Phones.(*bolt.DB), panics} })
		for range 2*maxConcurrent + 1 {
			l.faults("acme", of("redirect.checkPhone", str("0004132202E4")), internal, "Internal error")
		}
		if log := l.log.String(); !strings.Contains(log, "secret") || panics != strings.Contains(log, "goroutine") {
			t.Errorf("log:\n%s", log)
		}
		l.calls("acme", of("network.echo", str("x")), "<value><string>x</string></value>")
	}
}

// fullDisk is a store in which no change can be stored.
type fullDisk struct{ *bolt.DB }

func (fullDisk) Change(store.Batch) ([]store.Result, error) {
	return nil, fmt.Errorf("%w: secret", store.ErrUnavailable)
}

// A tool that changes something while changes can't be stored is told to try again, and
// can still ask.
func TestFullDisk(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Phones = fullDisk{c.Phones.(*bolt.DB)} })
	register := of("redirect.registerPhone", str("0004132202E4"), str("http://own.example/"))
	l.faults("acme", register, application, "Unavailable: try again later.")
	l.calls("acme", multi(register), inArray(aFault(application, busy.text)))
	l.calls("acme", of("network.echo", str("x")), "<value><string>x</string></value>")
	if log := l.log.String(); strings.Count(log, "level=ERROR") != 2 {
		t.Errorf("log:\n%s", log)
	}
}

// If the store may lack changes, each answer to a call says how old it is. Calls that ask
// are answered. Each waits once for what is new, and nobody who sends no credentials does.
func TestAge(t *testing.T) {
	var at time.Time
	waits := 0
	l := newLab(t, func(c *Config) { c.Fresh = func(context.Context) time.Time { waits++; return at } })
	ask := func(name, want string) {
		t.Helper()
		response, _ := l.post(name, string(appendCall(nil, of("redirect.checkPhone", str("0004132202E4")))))
		if got := response.Header.Get("Age"); got != want {
			t.Errorf("%s: %s, Age %q, want %q", name, response.Status, got, want)
		}
	}
	ask("acme", "")
	at = time.Now().Add(-90*time.Second - 500*time.Millisecond)
	ask("acme", "90")
	ask("nobody", "90")
	l.calls("acme", of("network.echo", str("x")), "<value><string>x</string></value>")
	at = time.Time{}
	ask("acme", "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.server.URL+"/xmlrpc", strings.NewReader("<x/>"))
	if err != nil {
		t.Fatal(err)
	}
	if l.do(r); waits != 5 {
		t.Errorf("%d waits for 5 calls and a request without a password", waits)
	}
}

func TestLoginFails(t *testing.T) {
	var loginErr error
	l := newLab(t, func(c *Config) {
		c.Login = func(context.Context, string, string, netip.Addr) (store.Account, error) {
			return store.Account{}, loginErr
		}
	})
	for _, loginErr = range []error{store.ErrBusy, errors.New("no disk")} {
		response, got := l.post("acme", "<x/>")
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" || got != "unavailable: try again later\n" {
			t.Errorf("%v: got %s, %s, want 503 and Retry-After", loginErr, response.Status, got)
		}
	}
	if log := l.log.String(); strings.Count(log, "level=ERROR") != 1 || strings.Count(log, `level=DEBUG msg="login refused"`) != 2 {
		t.Errorf("log:\n%s", log)
	}
}

// An account beyond its quota gets words of its own, and none of a list is registered.
func TestQuotas(t *testing.T) {
	l := newLab(t, nil)
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Quota = 1; return nil }); err != nil {
		t.Fatal(err)
	}
	register := func(method string, macs value, want reply) {
		t.Helper()
		l.calls("acme", of(method, macs, str("http://own.example/")), want.begin+want.end)
	}
	register("redirect.registerPhoneList", arr("0004132202E4", "0004132202E5"), result(false, "Error:quota_exceeded"))
	register("redirect.registerPhone", str("0004132202E4"), result(true, "Ok"))
	register("redirect.registerPhone", str("0004132202E5"), result(false, "Error:quota_exceeded"))
}

// An account that has named too many phones of others learns no more of any phone
// that it doesn't have. One that has registered too many phones in a day is told so.
func TestLimitsOfADay(t *testing.T) {
	l := newLab(t, nil)
	bravo, err := l.db.AccountNamed("bravo")
	if err != nil {
		t.Fatal(err)
	}
	taken := store.Phone{Owner: 99}
	for range store.MaxTaken {
		if err := l.db.MayKnow(bravo, taken); err != nil {
			t.Fatal(err)
		}
	}
	refused := result(false, "Error:too_many_phones_of_others_today")
	for _, method := range []string{"redirect.checkPhone", "redirect.getPhoneRedirection", "redirect.deregisterPhone"} {
		l.calls("bravo", of(method, str("0004132202E4")), refused.begin+refused.end)
	}
	l.calls("bravo", of("redirect.registerPhone", str("0004132202E4"), str("http://own.example/")), refused.begin+refused.end)

	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	olga, err := l.db.AccountNamed("olga")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Quota = 1; return nil }); err != nil {
		t.Fatal(err)
	}
	register := func(mac string, want reply) {
		t.Helper()
		l.calls("acme", of("redirect.registerPhone", str(mac), str("http://own.example/")), want.begin+want.end)
	}
	register("0004132202E4", result(true, "Ok"))
	results, err := l.db.Change(store.Batch{Audit: store.Audit{Actor: olga.ID}, Rule: store.RuleDeregister, NoHold: true,
		Changes: []store.Change{{MAC: macaddr.MustParse("0004132202E4")}}})
	if err != nil || results[0].Err != nil {
		t.Fatal(results, err)
	}
	register("0004132202E5", result(false, "Error:too_many_new_phones_today"))
}
