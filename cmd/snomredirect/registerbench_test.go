//go:build unix

package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"snomredirect/redirect/rds"
	"snomredirect/redirect/sraps"
	"snomredirect/redirect/sraps/hawk"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/passwords"
)

// BenchmarkRegister compares what a tool's change of one phone costs over the REST API
// with what it costs over the XML-RPC API, in CPU time, without connections. Rounds of
// both alternate, and each call changes the phone's URL on disk.
func BenchmarkRegister(b *testing.B) {
	folder := b.TempDir()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	v := &service{flags: &serve{Data: folder, SRAPS: true}, db: db, log: slog.New(slog.DiscardHandler), passwords: passwords.New(db), metrics: newMetrics(), turns: newTurns()}
	if err := v.openAPIKeys(b.Context()); err != nil {
		b.Fatal(err)
	}
	acme, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", PasswordHash: store.HashPassword("password")})
	if err != nil {
		b.Fatal(err)
	}
	key, secret := v.makeAPIKey()(acme.ID, "")
	if err := db.AddAPIKey(store.Audit{}, false, key); err != nil {
		b.Fatal(err)
	}
	xmlrpc := rds.New(rds.Config{Phones: db, Login: v.passwords.Check, Turn: v.turns.take, Log: v.log, Observe: v.observeCall})
	nonce := 0
	const round = 50
	cost := func(h http.Handler, request func(url string) *http.Request) time.Duration {
		var all []*http.Request
		for i := range round {
			all = append(all, request(fmt.Sprintf("http://prov.example/%d/{mac}", i%2)))
		}
		begun := cpuTime(b)
		for _, r := range all {
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code/100 != 2 || strings.Contains(w.Body.String(), "Error:") {
				b.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		return cpuTime(b) - begun
	}
	register := func(url string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/xmlrpc", strings.NewReader("<?xml version='1.0'?><methodCall><methodName>redirect.registerPhone</methodName><params>"+
			"<param><value><string>0004132202E4</string></value></param><param><value><string>"+url+"</string></value></param></params></methodCall>"))
		r.SetBasicAuth("acme", "password")
		return r
	}
	put := func(url string) *http.Request {
		body := `{"mac":"0004132202e4","autoprovisioning_enabled":true,"settings_manager":{"` + sraps.SettingServer + `":{"value":"` + url + `","attrs":{"perm":"RW"}}}}`
		r := httptest.NewRequest(http.MethodPut, sraps.Base+"companies/acme/endpoints/0004132202e4", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		nonce++
		h := hawk.Header{ID: key.ID, TS: time.Now().Unix(), Nonce: fmt.Sprint(nonce), Hash: hawk.PayloadHash("application/json", []byte(body))}
		h.MAC = h.Sum(secret, hawk.TargetOf(r, false))
		r.Header.Set("Authorization", h.String())
		return r
	}
	cost(xmlrpc, register) // hashes the password, which is remembered then
	cost(v.sraps, put)
	var ofRegister, ofPut time.Duration
	for b.Loop() {
		ofRegister += cost(xmlrpc, register)
		ofPut += cost(v.sraps, put)
	}
	calls := time.Duration(b.N * round)
	b.ReportMetric(float64(ofRegister/calls)/1e3, "µs-CPU/registerPhone")
	b.ReportMetric(float64(ofPut/calls)/1e3, "µs-CPU/PUT")
	b.ReportMetric(float64(ofPut)/float64(ofRegister), "ratio")
}

// cpuTime returns the CPU time of this process so far.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
