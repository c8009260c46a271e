package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// A world is the network that phones boot in. It maps host names to real servers on
// free ports.
type world struct {
	testing.TB
	servers map[string]string // host:port → address
}

func newWorld(t testing.TB) *world { return &world{t, map[string]string{}} }

func (w *world) serve(host string, h http.Handler) *httptest.Server {
	s := httptest.NewServer(h)
	w.Cleanup(s.Close)
	w.servers[host+":80"] = s.Listener.Addr().String()
	return s
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	server, ok := w.servers[address]
	if !ok {
		return nil, errors.New("no such host: " + address)
	}
	return new(net.Dialer).DialContext(ctx, network, server)
}

// boot runs a boot and returns what it prints.
func (w *world) boot(b bootCommand) (string, error) {
	if b.URL == "" {
		b.URL, b.Real = "http://provisioning.snom.com", true
	}
	b.dial = w.dial
	var out bytes.Buffer
	err := b.Run(w.Context(), output{&out, io.Discard})
	return out.String(), err
}

// redirector returns the service with a real store. Each phone is registered with a
// URL of its own or, if that is "", follows the account's.
func redirector(t testing.TB, accountURL string, phones map[string]string) http.Handler {
	t.Helper()
	db, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL(accountURL)})
	if err != nil {
		t.Fatal(err)
	}
	batch := store.Batch{Audit: store.Audit{Actor: a.ID}, Owner: a.ID}
	for mac, url := range phones {
		batch.Changes = append(batch.Changes, store.Change{MAC: macaddr.MustParse(mac), URL: store.RestoreURL(url)})
	}
	if _, err := db.Change(batch); err != nil {
		t.Fatal(err)
	}
	return redirect.New(redirect.Config{Finder: db})
}

// settingServerOf serves testdata/prov as the setting server in snom's slides serves
// its files: the plain ones to old firmware. Its files do for each model.
var settingServerOf = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	folder := "xml"
	if strings.Contains(r.UserAgent(), "-SIP 6.") {
		folder = "plain"
	}
	name := regexp.MustCompile(`^snom(3\d0|D785)`).ReplaceAllString(filepath.Base(r.URL.Path), "snom3x0")
	name = regexp.MustCompile(`[0-9A-F]{12}`).ReplaceAllString(name, "MAC")
	text, err := os.ReadFile(filepath.Join("testdata", "prov", folder, name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Write(text)
})
