package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// Each flag of serve is also an environment variable, named after it.
func TestFlagsAreEnvironmentVariables(t *testing.T) {
	var byFlag, byVariable commandLine
	args := []string{"serve"}
	for flag, value := range map[string]string{
		"data": "folder", "http": ":1", "ssh": ":2", "admin-key": "a.pub", "public-name": "a.example",
		"log-format": "json", "log-level": "debug",
		"https": ":3", "tls-cert": "a.pem", "tls-key": "a.key", "phone-ca": "ca.pem", "metrics": ":4", "require-phone-cert": "true",
		"rds": "127.0.0.1:5", "rds-plain": "true",
	} {
		args = append(args, "--"+flag+"="+value)
		t.Setenv("SNOMREDIRECT_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), value)
	}
	for command, args := range map[*commandLine][]string{&byFlag: args, &byVariable: {"serve"}} {
		parser, err := kong.New(command)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(byFlag.Serve, byVariable.Serve) {
		t.Errorf("by flag %+v, by variable %+v", byFlag.Serve, byVariable.Serve)
	}
	for i, v := 0, reflect.ValueOf(byVariable.Serve); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("%s is in no list of this test", v.Type().Field(i).Name)
		}
	}
}

// What was heard of phones is on disk once the service has ended.
func TestContactsAreKeptAtTheEnd(t *testing.T) {
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

	kept, err := bolt.OpenContacts(folder, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if c, err := kept.Contact(mac); err != nil || c.Answer != store.Redirected || c.Model != "snom360" || !c.From.IsLoopback() {
		t.Errorf("%+v, %v", c, err)
	}
}

// serving starts the server of phones on a port of its own.
func serving(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := newPhoneServer(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Method+"\n") }), nil, slog.New(slog.DiscardHandler))
	go d.serve()
	t.Cleanup(func() { d.server.Close() })
	return l.Addr().String()
}

// say sends text on a connection of its own and returns what comes back until
// the server ends it, and how long that took.
func say(t *testing.T, address, text string) (string, time.Duration) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	start := time.Now()
	conn.SetDeadline(start.Add(3 * requestTime))
	io.WriteString(conn, text)
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil && !errors.Is(err, syscall.ECONNRESET) { // what the server has not read of text ends it so
		t.Fatalf("%.40q: %q, %v", text, answer, err)
	}
	return string(answer), time.Since(start)
}

func TestLimitsOfPhones(t *testing.T) {
	address := serving(t)
	if answer, _ := say(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.Contains(answer, "\r\nConnection: close\r\n") || !strings.HasSuffix(answer, "GET\n") {
		t.Errorf("a question: %q", answer)
	}
	if answer, _ := say(t, address, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.HasSuffix(answer, "OPTIONS\n") {
		t.Errorf("a question the library answers by itself: %q", answer)
	}
	if answer, _ := say(t, address, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", maxHeader+5000)+"\r\n\r\n"); !strings.HasPrefix(answer, "HTTP/1.1 431 ") {
		t.Errorf("a long header: %q", answer)
	}
}

// A stranger who says half a question is not waited for.
func TestHalfAQuestion(t *testing.T) {
	if testing.Short() {
		t.Skip("leave out -short: it waits for a deadline of some seconds")
	}
	t.Parallel()
	if answer, took := say(t, serving(t), "GET / HTTP/1.1\r\n"); took < headerTime/2 {
		t.Errorf("ended after %v: %q", took, answer)
	}
}

func TestHealth(t *testing.T) {
	for status, want := range map[int]string{200: "", 503: "not well: 503 Service Unavailable: told"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintln(w, "told")
		}))
		defer s.Close()
		var out bytes.Buffer
		err := (&health{HTTP: s.Listener.Addr().String()}).Run(t.Context(), output{&out, io.Discard})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || (err == nil) != (out.String() == "told\n") {
			t.Errorf("%d: %q, %v", status, out.String(), err)
		}
	}
	if err := (&health{HTTP: "nonsense"}).Run(t.Context(), output{io.Discard, io.Discard}); err == nil {
		t.Error("nonsense was asked")
	}
}

// What strangers send reaches no terminal by way of the log.
func TestLogPrints(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := (&serve{LogFormat: format, LogLevel: "info"}).log(&out)
		log.Info("login refused", "user", "x\u009b31m\u202e\x7f\x1b[2J", "company", "Söhne", "why", errors.New("that of x\u009b\u202e"))
		if strings.ContainsAny(out.String(), "\u009b\u202e\x7f\x1b") || !strings.Contains(out.String(), "Söhne") {
			t.Errorf("%s: %q", format, out.String())
		}
	}
}

// Without a console nobody could register phones. That is told before anything
// is made, the operator's password above all.
func TestNoConsole(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	err := run(t.Context(), []string{"serve", "--data", folder, "--http", "127.0.0.1:0", "--ssh", ""}, output{io.Discard, io.Discard})
	if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "--ssh: expected an address") {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
