package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"snomredirect/redirect/sraps"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/passwords"
	"snomredirect/store/snapshot"
)

func TestValidateSRAPS(t *testing.T) {
	for _, c := range []struct {
		s  serve
		ok bool
	}{{serve{}, true}, {serve{SRAPS: true}, false}, {serve{SRAPS: true, RDS: ":8083"}, true}, {serve{SRAPS: true, HTTPS: ":443"}, true}} {
		if err := c.s.validateSRAPS(); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "expected --https or --rds too") {
			t.Errorf("%+v: %v", c.s, err)
		}
	}
}

// The key file is made once. If it is lost, a new one is made only if nothing needs it.
func TestAPIKeyFile(t *testing.T) {
	folder := t.TempDir()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v := &service{flags: &serve{Data: folder}, db: db, log: slog.New(slog.DiscardHandler), passwords: passwords.New(db), metrics: newMetrics(), turns: newTurns()}
	if err := v.openAPIKeys(t.Context()); err != nil || v.makeAPIKey() != nil || v.sraps != nil {
		t.Errorf("without --sraps: %v", err)
	}
	v.flags.SRAPS = true
	file := filepath.Join(folder, snapshot.APIKey)
	var first []byte
	for range 2 {
		if err := v.openAPIKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		info, statErr := os.Stat(file)
		if err := errors.Join(err, statErr); err != nil || info.Mode() != 0o600 || first != nil && !bytes.Equal(text, first) {
			t.Errorf("%v, %q, %v", info, text, err)
		}
		first = text
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := v.openAPIKeys(t.Context()); err != nil {
		t.Errorf("no API keys: %v", err)
	}
	acme, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	key, _ := v.makeAPIKey()(acme.ID, "")
	if err := errors.Join(db.AddAPIKey(store.Audit{}, false, key), os.Remove(file)); err != nil {
		t.Fatal(err)
	}
	if err := v.openAPIKeys(t.Context()); err == nil || !strings.Contains(err.Error(), "restore it from a backup, or start once without --sraps") {
		t.Errorf("with an API key: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a new key file was made")
	}
	write(t, file, "nonsense")
	if err := v.openAPIKeys(t.Context()); err == nil || !strings.Contains(err.Error(), "api.key: expected 64 hex digits") {
		t.Errorf("nonsense: %v", err)
	}
}

// Only paths of the REST API are its own.
func TestWithSRAPS(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	named := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	for path, want := range map[string]int{sraps.Base: 202, sraps.Base + "settings": 202, "/api/v1": 418, "/api/v2/": 418, "/": 418, "/snom360/snom360.php": 418, "//api/v1/": 418} {
		for _, v := range []*service{{sraps: named}, {}} {
			w := httptest.NewRecorder()
			v.withSRAPS(next).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if v.sraps == nil {
				want = 418
			}
			if w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
	}
}
