package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

const (
	testCSV      = "mac,number\n0004132202E4,201\n0004132202E5,202\n"
	testTemplate = "<html><pre>\nuser_name1$: ${number}\nfirmware_status$: ${files}firmware.xml\n</pre></html>\n"
)

// storeFiles stores a partner with a phone, a template and its rows, and returns the
// token.
func storeFiles(t *testing.T, folder string, mac macaddr.Addr) (store.AccountID, string) {
	t.Helper()
	db, err := bolt.Open(folder, bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := db.AddAccount(store.Audit{}, false, store.Account{Name: "acme", SettingServer: store.RestoreURL("http://prov.acme.example/")})
	audit := store.Audit{Actor: a.ID}
	if err == nil {
		_, err = db.Change(store.Batch{Audit: audit, Owner: a.ID, Changes: []store.Change{{MAC: mac}}})
	}
	for name, text := range map[store.FileName]string{store.PhonesFile: testCSV, "snom360.htm": testTemplate} {
		if err == nil {
			_, err = db.PutFile(audit, false, a.ID, 0, name, []byte(text))
		}
	}
	space, tokenErr := db.EnsureFileToken(a.ID)
	if err := errors.Join(err, tokenErr, db.Close()); err != nil {
		t.Fatal(err)
	}
	return a.ID, space.Token
}

// running starts the service, and returns the address of --files. The service ends with
// stop, and its error is then in ended.
func running(t *testing.T, s *serve) (address string, stop func(), ended <-chan error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	log, stderr := io.Pipe()
	end, listening := make(chan error, 1), make(chan string, 1)
	go func() {
		end <- s.Run(ctx, output{io.Discard, stderr})
		stderr.Close()
		close(listening)
	}()
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var line struct{ Msg, Files string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				listening <- line.Files
			}
		}
	}()
	if address = <-listening; address == "" {
		t.Fatal("the service does not listen: ", <-end)
	}
	return address, stop, end
}

// The service fills in templates for registered phones, records what they have fetched,
// and refuses all others alike.
func TestServeFiles(t *testing.T) {
	folder, mac := t.TempDir(), macaddr.MustParse("0004132202E4")
	owner, token := storeFiles(t, folder, mac)
	address, stop, ended := running(t, &serve{
		Data: folder, SSH: "127.0.0.1:0", Files: "127.0.0.1:0", FilesURL: "http://files.example/settings", FilesPlain: true,
		LogFormat: "json", LogLevel: "info",
	})
	get := func(path string) (status int, text string) {
		t.Helper()
		response, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	want := strings.NewReplacer("${number}", "201", "${files}", "http://files.example/settings/"+token+"/").Replace(testTemplate)
	for _, path := range []string{"/settings/", "/"} { // a proxy may have removed it
		if status, text := get(path + token + "/snom360-0004132202E4.htm"); status != http.StatusOK || text != want {
			t.Errorf("%d: %s", status, text)
		}
	}
	_, refusal := get("/settings/" + strings.Repeat("a", len(token)) + "/snom360-0004132202E4.htm")
	for _, name := range []string{"snom360-0004132202E5.htm", "snom360.htm", "phones.csv", "nothing.htm"} {
		if status, text := get("/settings/" + token + "/" + name); status != http.StatusNotFound || text != refusal {
			t.Errorf("%s: %d: %s", name, status, text)
		}
	}
	if status, text := get("/readyz"); status != http.StatusOK || text != "ok\n" {
		t.Errorf("/readyz: %d, %s", status, text)
	}
	if stop(); <-ended != nil {
		t.Fatal("it failed")
	}
	stored, err := bolt.OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	c, err := stored.Contact(mac)
	if f := c.Fetched; err != nil || f.Owner != owner || f.Refused || f.Name != "snom360-0004132202E4.htm" || time.Since(f.At) > time.Minute {
		t.Errorf("%+v, %v", f, err)
	}
}

// CHECK gets the files of the phone's account from the service itself, and no other's.
func TestOwnFiles(t *testing.T) {
	folder, mac := t.TempDir(), macaddr.MustParse("0004132202E4")
	owner, token := storeFiles(t, folder, mac)
	s := &serve{Data: folder, Files: ":0", FilesURL: "https://files.example", RequirePhoneCert: true}
	v, err := s.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	elsewhere := errors.New("elsewhere")
	for _, test := range []struct {
		account store.AccountID
		url     string
		status  int
		err     error
	}{
		{owner, v.filesURL(token) + "snom360-0004132202E4.htm", http.StatusOK, nil},
		{owner, v.filesURL(token) + "snom360-0004132202E5.htm", http.StatusNotFound, nil},
		{owner, v.filesURL("other") + "snom360-0004132202E4.htm", 0, elsewhere},
		{owner, "http://files.example.net/", 0, elsewhere},
		{owner + 1, v.filesURL(token) + "snom360-0004132202E4.htm", 0, elsewhere},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := v.ownFiles(test.account, failingTransport{elsewhere}).RoundTrip(request)
		if !errors.Is(err, test.err) || err == nil && response.StatusCode != test.status {
			t.Errorf("%s: %+v, %v", test.url, response, err)
		}
	}
	s.Files = ""
	if next := v.ownFiles(owner, failingTransport{elsewhere}); next != (failingTransport{elsewhere}) {
		t.Errorf("without --files: %T", next)
	}
}

type failingTransport struct{ err error }

func (f failingTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }
