package rds

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"snomredirect/store/bolt"
)

func TestObserve(t *testing.T) {
	type observation struct {
		method  string
		outcome Outcome
	}
	for name, c := range map[string]struct {
		http, path, user, body string
		broken, panics         bool
		want                   observation
		why                    string // in the log
	}{
		"done":      {body: string(appendCall(nil, of("redirect.listPhones", str("")))), want: observation{"redirect.listPhones", Done}},
		"refused":   {body: string(appendCall(nil, of("redirect.checkPhone", str("2e4")))), want: observation{"redirect.checkPhone", Refused}, why: `why=Error:malformed_mac`},
		"fault":     {body: string(appendCall(nil, of("redirect.checkPhone"))), want: observation{"redirect.checkPhone", Fault}, why: `why="redirect.checkPhone: expected a MAC as a string.`},
		"unknown":   {body: string(appendCall(nil, of("redirect.evil"))), want: observation{OtherMethod, Fault}},
		"no XML":    {body: "?", want: observation{OtherMethod, Fault}},
		"denied":    {user: "nobody", want: observation{OtherMethod, Denied}, why: `why="wrong name or password"`},
		"not found": {path: "/", want: observation{OtherMethod, NoCall}},
		"GET":       {http: "GET", want: observation{OtherMethod, NoCall}},
		"too long":  {body: strings.Repeat(" ", maxBody+1), want: observation{OtherMethod, NoCall}},
		"failed": {body: string(appendCall(nil, of("redirect.checkPhone", str("0004132202E4")))),
			broken: true, want: observation{"redirect.checkPhone", Failed}},
		"panicked": {body: string(appendCall(nil, of("redirect.checkPhone", str("0004132202E4")))),
			broken: true, panics: true, want: observation{"redirect.checkPhone", Panicked}},
	} {
		observations := make(chan observation, 2)
		l := newLab(t, func(config *Config) {
			config.Observe = func(method string, o Outcome) { observations <- observation{method, o} }
			if c.broken {
				config.Phones = failingPhones{config.Phones.(*bolt.DB), c.panics}
			}
		})
		method, path, user := http.MethodPost, "/xmlrpc", "acme"
		for field, value := range map[*string]string{&method: c.http, &path: c.path, &user: c.user} {
			if value != "" {
				*field = value
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), method, l.server.URL+path, bytes.NewReader([]byte(c.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, password)
		l.do(r)
		l.server.Close() // waits for the handler to return
		if len(observations) != 1 {
			t.Errorf("%s: observed %d times, want once", name, len(observations))
			continue
		}
		account := "acme" // known after the login
		if name == "denied" || name == "not found" || name == "GET" {
			account = `""`
		}
		if line := fmt.Sprintf("level=DEBUG msg=call account=%s method=%s outcome=%s from=127.0.0.1:", account, c.want.method, c.want.outcome); strings.Count(l.log.String(), "msg=call account") != 1 || !strings.Contains(l.log.String(), line) ||
			!strings.Contains(l.log.String(), c.why) || (c.want.outcome == Done) != !strings.Contains(l.log.String(), " why=") {
			t.Errorf("%s: the log does not contain %q and %q:\n%s", name, line, c.why, &l.log)
		}
		got := <-observations
		if got != c.want || !slices.Contains(Methods(), got.method) || !slices.Contains(Outcomes(), got.outcome) {
			t.Errorf("%s: observed %+v, want %+v", name, got, c.want)
		}
	}
}
