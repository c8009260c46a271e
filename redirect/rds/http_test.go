package rds

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

func TestHTTP(t *testing.T) {
	l := newLab(t, nil)
	echo := string(appendCall(nil, of("network.echo", str("x"))))
	long := strings.Repeat(" ", maxBody+1-len(echo)) + echo
	for name, c := range map[string]struct {
		method, path, user, password, body string
		chunked                            bool
		status                             int
		header, value                      string
	}{
		"good":                    {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: echo, status: 200, header: "Content-Type", value: "text/xml"},
		"the other path":          {method: "POST", path: "/xmlrpc/", user: "acme", password: password, body: echo, status: 200, header: "Content-Type", value: "text/xml"},
		"longest":                 {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long[1:], status: 200, header: "Content-Type", value: "text/xml"},
		"in chunks":               {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long[1:], chunked: true, status: 200, header: "Content-Type", value: "text/xml"},
		"too long":                {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long, status: 413},
		"too long in chunks":      {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long, chunked: true, status: 413},
		"another path":            {method: "POST", path: "/", user: "acme", password: password, body: echo, status: 404},
		"below":                   {method: "POST", path: "/xmlrpc/x", user: "acme", password: password, body: echo, status: 404},
		"a phone's":               {method: "GET", path: "/snom360/snom360.php?mac=0004132202E4", status: 404},
		"GET":                     {method: "GET", path: "/xmlrpc", user: "acme", password: password, status: 405, header: "Allow", value: "POST"},
		"an odd method":           {method: "BREW", path: "/xmlrpc/", user: "acme", password: password, status: 405, header: "Allow", value: "POST"},
		"no name":                 {method: "POST", path: "/xmlrpc", body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"a wrong password":        {method: "POST", path: "/xmlrpc", user: "acme", password: password + "x", body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"an unknown name":         {method: "POST", path: "/xmlrpc/", user: "../\x1b", password: password, body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"a long name":             {method: "POST", path: "/xmlrpc/", user: strings.Repeat("n", 65), password: password, body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"no name and a long body": {method: "POST", path: "/xmlrpc", body: long, status: 401},
	} {
		var body io.Reader = strings.NewReader(c.body)
		if c.chunked {
			body = io.MultiReader(body) // hides the length
		}
		r, err := http.NewRequestWithContext(t.Context(), c.method, l.server.URL+c.path, body)
		if err != nil {
			t.Fatal(err)
		}
		if c.user != "" {
			r.SetBasicAuth(c.user, c.password)
		}
		response, text := l.do(r)
		if response.StatusCode != c.status || response.Header.Get(c.header) != c.value {
			t.Errorf("%s: %s, %s: %q; want %d, %q", name, response.Status, c.header, response.Header.Get(c.header), c.status, c.value)
		}
		if v, isFault, err := readReply(text); c.status == 401 && (err != nil || !isFault || len(v) != 2 || v[0] != "-32500" || response.Header.Get("Content-Type") != "text/xml" || !response.Close) {
			t.Errorf("%s: refused with %q, want a fault, and a closed connection", name, text)
		}
		if c.status != 200 && c.status != 401 && (response.Header.Get("Content-Type") != "text/plain; charset=UTF-8" || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n")) {
			t.Errorf("%s: refused with %q, want one line of plain text", name, text)
		}
	}
	if log := l.log.String(); strings.Contains(log, password) || strings.Contains(log, strings.Repeat("n", 65)) || !strings.Contains(log, `msg="login refused" user=acme`) {
		t.Errorf("log:\n%s", log)
	}
}

// The address of a login is the connection's. Headers that name another are
// ignored.
func TestAddress(t *testing.T) {
	l := newLab(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.server.URL+"/xmlrpc",
		bytes.NewReader(appendCall(nil, of("redirect.registerPhone", str("0004132202E4"), str(own)))))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("acme", password)
	r.Header.Set("X-Forwarded-For", "192.0.2.99")
	r.Header.Set("X-Real-Ip", "192.0.2.99")
	l.do(r)
	if log := l.log.String(); strings.Contains(log, "192.0.2.99") || !strings.Contains(log, "from=127.0.0.1") {
		t.Errorf("log:\n%s", log)
	}
}

// An incomplete body, for whatever reason, is not a failure of the service.
func TestIncompleteBody(t *testing.T) {
	l := newLab(t, nil)
	for _, why := range []error{io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, errors.New("invalid byte in chunk length")} {
		body := io.MultiReader(strings.NewReader("<methodCall>"), iotest.ErrReader(why))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", body)
		r.SetBasicAuth("acme", password)
		w := httptest.NewRecorder()
		l.server.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || w.Body.String() != "incomplete body: expected a whole call\n" {
			t.Errorf("%v: %d %s, want 400", why, w.Code, w.Body)
		}
	}
	if log := l.log.String(); strings.Contains(log, "ERROR") {
		t.Errorf("log:\n%s", log)
	}
}

// An account that is disabled while it sends a call can no longer change phones.
func TestDisabledDuringCall(t *testing.T) {
	l := newLab(t, nil)
	acme, err := l.db.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", out)
	r.SetBasicAuth("acme", password)
	w := httptest.NewRecorder()
	done := make(chan bool)
	go func() {
		defer close(done)
		l.server.Config.Handler.ServeHTTP(w, r)
	}()
	body := appendCall(nil, of("redirect.registerPhone", str("0004132202E4"), str(own)))
	if _, err := in.Write(body[:9]); err != nil { // is read only after the login
		t.Fatal(err)
	}
	if _, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write(body[9:])
	in.Close()
	<-done
	if _, err := l.db.Phone(macaddr.MustParse("0004132202E4")); w.Code != http.StatusUnauthorized || err != store.ErrNotFound {
		t.Errorf("%d %s, phone: %v; want 401 and no phone", w.Code, w.Body, err)
	}
}

// A call that waits too long is refused while its body can still be read and its
// reply written.
func TestMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		loginBlocks := false
		s := New(Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Login: func(ctx context.Context, _, _ string, _ netip.Addr) (store.Account, error) {
			if loginBlocks {
				<-ctx.Done()
			}
			return store.Account{ID: 1}, ctx.Err()
		}})
		call := func(body io.Reader) int {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", body)
			r.SetBasicAuth("acme", password)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code
		}
		start := time.Now()
		slow, end := io.Pipe()
		for range maxConcurrent {
			go call(slow)
		}
		synctest.Wait()
		for range 2 { // for the limiter, then for the login
			if code := call(strings.NewReader("<x/>")); code != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503", code)
			}
			loginBlocks = true
		}
		if took := time.Since(start); took != 2*maxWait || strings.Contains(log.String(), "ERROR") {
			t.Errorf("waited %v, want %v, and no error in the log:\n%s", took, 2*maxWait, &log)
		}
		end.Close()
	})
}

// An account's calls wait for each other, but not for another account's.
func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		acquire := func(ctx context.Context, account store.AccountID) func() {
			t.Helper()
			release, err := l.acquire(ctx, account)
			if err != nil {
				t.Fatal(err)
			}
			return release
		}
		var releases []func()
		for range maxConcurrent {
			releases = append(releases, acquire(t.Context(), 1))
		}
		acquired := make(chan func(), 1)
		go func() { acquired <- acquire(t.Context(), 1) }()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.acquire(ctx, 1); err != context.Canceled {
			t.Errorf("acquire after ctx ended: %v, want context.Canceled", err)
		}
		acquire(t.Context(), 2)()
		synctest.Wait()
		if len(acquired) != 0 {
			t.Error("more than maxConcurrent calls run")
		}
		releases[0]()
		releases[0] = <-acquired
		for _, release := range releases {
			release()
		}
		if len(l.accounts) != 0 {
			t.Errorf("the limiter still has %+v", l.accounts)
		}
	})
}
