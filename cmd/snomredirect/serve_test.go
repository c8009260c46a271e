package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// Contacts are on disk when the service has ended.
func TestContactsAreWrittenAtTheEnd(t *testing.T) {
	folder, mac := t.TempDir(), macaddr.MustParse("0004132202E4")
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/")})
	if err == nil {
		_, err = db.Change(store.Batch{Audit: store.Audit{Actor: a.ID}, Owner: a.ID, Changes: []store.Change{{MAC: mac}}})
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log, stderr := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		s := &serve{Data: folder, HTTP: "127.0.0.1:0", SSH: "127.0.0.1:0", LogFormat: "json", LogLevel: "info"}
		ended <- s.Run(ctx, output{io.Discard, stderr})
		stderr.Close()
	}()
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct{ Msg, HTTP string }
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "listening" {
			continue
		}
		resp, err := http.Get("http://" + line.HTTP + "/snom360/snom360.php?mac=" + mac.String())
		if err != nil {
			t.Error(err)
		} else {
			resp.Body.Close()
		}
		stop()
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}

	stored, err := bolt.OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	if c, err := stored.Contact(mac); err != nil || c.Answer != store.Redirected || c.Model != "snom360" || !c.From.IsLoopback() {
		t.Errorf("%+v, %v", c, err)
	}
}
