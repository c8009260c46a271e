package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A storm against the real service counts each phone once, with the right outcome.
func TestStorm(t *testing.T) {
	const n = 600
	phones, _, err := (&storm{Phones: n}).crowd()
	if err != nil {
		t.Fatal(err)
	}
	registered, models := map[string]string{}, map[string]bool{}
	for i := range n {
		p := phones(i)
		models[p.Model] = true
		if i%3 == 0 {
			registered[p.MAC.String()] = ""
		}
	}
	if len(registered) != n/3 || len(models) < 30 {
		t.Fatalf("%d registered, %d models", len(registered), len(models))
	}
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(redirector(t, "http://prov.acme.example/", registered))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()

	var out bytes.Buffer
	args := []string{"storm", "--phones", fmt.Sprint(n), "--rate", "0", "--json", s.URL}
	if err := run(t.Context(), args, output{&out, discard{}}); err != nil {
		t.Error(err)
	}
	var got resultObject
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{redirected: n / 3, noSettings: n - n/3}; got.Phones != n || !maps.Equal(got.Outcomes, want) || len(got.Examples) != 0 {
		t.Errorf("%+v, want %v", got, want)
	}
	if c := connections.Load(); c != n {
		t.Errorf("%d connections", c)
	}
	inBars := 0
	for _, b := range got.Histogram {
		inBars += b.N
	}
	if l := got.LatencyMS; inBars != n || !(0 < l["p50"] && l["p50"] <= l["p99"] && l["p99"] <= l["p99.9"] && l["p99.9"] <= l["max"]) {
		t.Errorf("%d in bars, %v", inBars, l)
	}
}

func TestStormErrors(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mac := r.URL.Query().Get("mac"); mac[11] {
		case '0':
			w.WriteHeader(http.StatusServiceUnavailable)
		case '1':
			fmt.Fprint(w, "\x1b what?")
		case '2':
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, "setting_server$: http://prov.acme.example/\n")
		}
	}))
	defer s.Close()
	var out bytes.Buffer
	err := run(t.Context(), []string{"storm", "--macs", "000413230000-00041323001F", "--phones", "64", "--rate", "2000", s.URL}, output{&out, discard{}})
	if err == nil || err.Error() != "12 of 64 phones got no settings file" {
		t.Error(err)
	}
	for _, want := range []string{"64 phones in ", "52  redirected\n", "4  HTTP 503 Service Unavailable, such as: ", "4  unreadable, such as: not a settings file", "4  failed otherwise, such as: EOF", "all    within ", "####"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}

	closed := closedPort(t)
	out.Reset()
	if err := run(t.Context(), []string{"storm", "--phones", "5", closed}, output{&out, discard{}}); err == nil || !strings.Contains(out.String(), "5  connection refused") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// A storm keeps to its rate, and ends with its context.
func TestStormRate(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out bytes.Buffer
	err := run(ctx, []string{"storm", "--phones", "1000000", "--rate", "50", "--json", s.URL}, output{&out, discard{}})
	var got resultObject
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.HasPrefix(err.Error(), "interrupted after ") || got.Phones < 1 || got.Phones > 60 {
		t.Errorf("%v, %+v", err, got)
	}
}

// closedPort returns the URL of a port that refuses connections. The port is bound,
// so that no other program takes it, but nothing listens.
func closedPort(t *testing.T) string {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", address.(*syscall.SockaddrInet4).Port)
}

func TestOutcomeOf(t *testing.T) {
	for err, want := range map[error]string{
		context.DeadlineExceeded: timedOut, syscall.ECONNRESET: reset, syscall.EADDRNOTAVAIL: noPort, errors.New("the reply is too long"): otherError,
	} {
		if got := outcomeOf(fmt.Errorf("read: %w", err)); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// Without a terminal, progress is a line every few seconds.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgress(&out, 5000)
		for done := range 12 {
			time.Sleep(time.Second)
			p.add(1000 + done)
		}
		p.end()
		if want := "1,004 phones done\n1,009 phones done\n"; out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	})
}

func TestBars(t *testing.T) {
	r := newResult()
	for _, took := range []time.Duration{0, time.Millisecond, 1001 * time.Microsecond, 2 * time.Millisecond, 9 * time.Millisecond, time.Hour} {
		r.add(redirected, took, nil)
	}
	bars := r.bars()
	got := ""
	for _, b := range bars {
		if b.N > 0 {
			got += fmt.Sprintf("%v:%d ", b.UpToMS, b.N)
		}
	}
	if want := "0.01:1 1:1 2:2 10:1 20000:1 "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
