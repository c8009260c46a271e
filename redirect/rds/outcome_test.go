package rds

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// phonesFail fails, or panics, where a phone is looked up.
type phonesFail struct {
	*bolt.DB
	panics bool
}

func (f phonesFail) Phone(macaddr.Addr) (store.Phone, error) {
	if f.panics {
		panic("phones")
	}
	return store.Phone{}, errors.New("disk gone")
}

func TestObserved(t *testing.T) {
	type seen struct {
		method  string
		outcome Outcome
	}
	for name, c := range map[string]struct {
		http, path, user, body string
		broken, panics         bool
		want                   seen
	}{
		"done":      {body: string(appendCall(nil, of("redirect.listPhones", str("")))), want: seen{"redirect.listPhones", Done}},
		"refused":   {body: string(appendCall(nil, of("redirect.checkPhone", str("2e4")))), want: seen{"redirect.checkPhone", Refused}},
		"fault":     {body: string(appendCall(nil, of("redirect.checkPhone"))), want: seen{"redirect.checkPhone", Fault}},
		"unknown":   {body: string(appendCall(nil, of("redirect.evil"))), want: seen{OtherMethod, Fault}},
		"no XML":    {body: "?", want: seen{OtherMethod, Fault}},
		"denied":    {user: "nobody", want: seen{OtherMethod, Denied}},
		"not found": {path: "/", want: seen{OtherMethod, NoCall}},
		"GET":       {http: "GET", want: seen{OtherMethod, NoCall}},
		"too long":  {body: strings.Repeat(" ", maxBody+1), want: seen{OtherMethod, NoCall}},
		"failed": {body: string(appendCall(nil, of("redirect.checkPhone", str("0004132202E4")))),
			broken: true, want: seen{"redirect.checkPhone", Failed}},
		"panicked": {body: string(appendCall(nil, of("redirect.checkPhone", str("0004132202E4")))),
			broken: true, panics: true, want: seen{"redirect.checkPhone", Panicked}},
	} {
		all := make(chan seen, 2)
		l := newLab(t, func(config *Config) {
			config.Observe = func(method string, o Outcome) { all <- seen{method, o} }
			if c.broken {
				config.Phones = phonesFail{config.Phones.(*bolt.DB), c.panics}
			}
		})
		method, path, user := http.MethodPost, "/xmlrpc", "acme"
		for word, given := range map[*string]string{&method: c.http, &path: c.path, &user: c.user} {
			if given != "" {
				*word = given
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), method, l.server.URL+path, bytes.NewReader([]byte(c.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(user, password)
		l.do(r)
		l.server.Close() // waits for the handler's end
		if len(all) != 1 {
			t.Errorf("%s: observed %d times", name, len(all))
			continue
		}
		got := <-all
		if got != c.want || !slices.Contains(Methods(), got.method) || !slices.Contains(Outcomes(), got.outcome) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
