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
		"fine":                     {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: echo, status: 200, header: "Content-Type", value: "text/xml"},
		"the other path":           {method: "POST", path: "/xmlrpc/", user: "acme", password: password, body: echo, status: 200, header: "Content-Type", value: "text/xml"},
		"as long as can be":        {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long[1:], status: 200, header: "Content-Type", value: "text/xml"},
		"in chunks":                {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long[1:], chunked: true, status: 200, header: "Content-Type", value: "text/xml"},
		"too long":                 {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long, status: 413},
		"too long in chunks":       {method: "POST", path: "/xmlrpc", user: "acme", password: password, body: long, chunked: true, status: 413},
		"another path":             {method: "POST", path: "/", user: "acme", password: password, body: echo, status: 404},
		"below":                    {method: "POST", path: "/xmlrpc/x", user: "acme", password: password, body: echo, status: 404},
		"a phone's":                {method: "GET", path: "/snom360/snom360.php?mac=0004132202E4", status: 404},
		"GET":                      {method: "GET", path: "/xmlrpc", user: "acme", password: password, status: 405, header: "Allow", value: "POST"},
		"an odd method":            {method: "BREW", path: "/xmlrpc/", user: "acme", password: password, status: 405, header: "Allow", value: "POST"},
		"no name":                  {method: "POST", path: "/xmlrpc", body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"a wrong password":         {method: "POST", path: "/xmlrpc", user: "acme", password: password + "x", body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"an unknown name":          {method: "POST", path: "/xmlrpc/", user: "../\x1b", password: password, body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"a long name":              {method: "POST", path: "/xmlrpc/", user: strings.Repeat("n", 65), password: password, body: echo, status: 401, header: "WWW-Authenticate", value: `Basic realm="snomredirect", charset="UTF-8"`},
		"no name and much to tell": {method: "POST", path: "/xmlrpc", body: long, status: 401},
	} {
		var body io.Reader = strings.NewReader(c.body)
		if c.chunked {
			body = io.MultiReader(body) // of a length that is not known
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
			t.Errorf("%s: %s, %s: %q", name, response.Status, c.header, response.Header.Get(c.header))
		}
		if c.status != 200 && (response.Header.Get("Content-Type") != "text/plain; charset=UTF-8" || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n")) {
			t.Errorf("%s: %q", name, text)
		}
	}
	if log := l.log.String(); strings.Contains(log, password) || strings.Contains(log, strings.Repeat("n", 65)) || !strings.Contains(log, `msg="login refused" user=acme`) {
		t.Errorf("%s", log)
	}
}

// The address of a login is the connection's, whatever a header says.
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
		t.Errorf("%s", log)
	}
}

// A body that breaks off, whatever the reason, is no failure of the service.
func TestBrokenOff(t *testing.T) {
	l := newLab(t, nil)
	for _, why := range []error{io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, errors.New("invalid byte in chunk length")} {
		body := io.MultiReader(strings.NewReader("<methodCall>"), iotest.ErrReader(why))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xmlrpc", body)
		r.SetBasicAuth("acme", password)
		w := httptest.NewRecorder()
		l.server.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || w.Body.String() != "broken off: expected a whole call\n" {
			t.Errorf("%v: %d %s", why, w.Code, w.Body)
		}
	}
	if log := l.log.String(); strings.Contains(log, "ERROR") {
		t.Errorf("%s", log)
	}
}

// An account that is disabled while it sends a call changes nothing more.
func TestDisabledMeanwhile(t *testing.T) {
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
	if _, err := in.Write(body[:9]); err != nil { // which is read by one that is let in
		t.Fatal(err)
	}
	if _, err := l.db.UpdateAccount(store.Audit{}, false, acme.ID, func(a *store.Account) error { a.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write(body[9:])
	in.Close()
	<-done
	if _, err := l.db.Phone(macaddr.MustParse("0004132202E4")); w.Code != http.StatusUnauthorized || err != store.ErrNotFound {
		t.Errorf("%d %s, %v", w.Code, w.Body, err)
	}
}

// A call that waits for long is refused while its body can still be read and its
// reply written.
func TestWaitsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		waits := false
		s := New(Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Login: func(ctx context.Context, _, _ string, _ netip.Addr) (store.Account, error) {
			if waits {
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
		begun := time.Now()
		slow, end := io.Pipe()
		for range maxAtOnce {
			go call(slow)
		}
		synctest.Wait()
		for range 2 { // for a turn, then for the login
			if code := call(strings.NewReader("<x/>")); code != http.StatusServiceUnavailable {
				t.Errorf("%d", code)
			}
			waits = true
		}
		if took := time.Since(begun); took != 2*maxWait || strings.Contains(log.String(), "ERROR") {
			t.Errorf("%v, %s", took, &log)
		}
		end.Close()
	})
}

// An account's calls wait for each other, and not for another's.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ts limiter
		enter := func(ctx context.Context, account store.AccountID) func() {
			t.Helper()
			leave, err := ts.enter(ctx, account)
			if err != nil {
				t.Fatal(err)
			}
			return leave
		}
		var leaves []func()
		for range maxAtOnce {
			leaves = append(leaves, enter(t.Context(), 1))
		}
		entered := make(chan func(), 1)
		go func() { entered <- enter(t.Context(), 1) }()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ts.enter(ctx, 1); err != context.Canceled {
			t.Errorf("%v", err)
		}
		enter(t.Context(), 2)()
		synctest.Wait()
		if len(entered) != 0 {
			t.Error("one too many is let in")
		}
		leaves[0]()
		leaves[0] = <-entered
		for _, leave := range leaves {
			leave()
		}
		if len(ts.accounts) != 0 {
			t.Errorf("left: %+v", ts.accounts)
		}
	})
}
