package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"snomredirect/redirect"
	"snomredirect/redirect/pnp"
	"snomredirect/store"
)

// startMetricsServer serves m until the test or ctx ends. It returns a function
// that gets a page.
func startMetricsServer(ctx context.Context, t *testing.T, m *metrics, log io.Writer) (get func(path string) (status int, text string)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newMetricsServer(ctx, l, m.registry, slog.New(slog.NewTextHandler(log, nil)))
	ended := make(chan error, 1)
	go func() { ended <- server.serve() }()
	t.Cleanup(func() {
		if err := errors.Join(server.shutdown(context.Background()), <-ended); err != nil {
			t.Error(err)
		}
	})
	return func(path string) (int, string) {
		response, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		return response.StatusCode, string(text)
	}
}

// If the store fails, only the gauges that need it are missing.
func TestMetricsWithFailingStore(t *testing.T) {
	g := testGauges
	g.phones = func() (int, error) { return 0, errors.New("disk on fire") }
	g.accounts = func() ([]store.Account, error) { return nil, errors.New("disk on fire") }
	var log bytes.Buffer
	status, text := startMetricsServer(t.Context(), t, newTestMetrics(g), &log)("/metrics")
	all := series(text)
	if _, phones := all["snomredirect_phones"]; phones || status != http.StatusOK || all["snomredirect_contacts_waiting"] != 4 || strings.Contains(text, "fire") {
		t.Errorf("%d\n%s", status, text)
	}
	if strings.Count(log.String(), "disk on fire") == 0 {
		t.Error("the failure is not logged")
	}
}

// A panic while metrics are collected ends the scrape, and not the service.
func TestPanicOfAScrape(t *testing.T) {
	var log bytes.Buffer
	v := &service{metrics: newMetrics(), log: slog.New(slog.NewTextHandler(&log, nil))}
	g := testGauges
	g.phones, g.guard = func() (int, error) { panic("no count") }, v.guard
	v.metrics.registry.MustRegister(g)
	status, text := startMetricsServer(t.Context(), t, v.metrics, t.Output())("/metrics")
	if strings.Contains(text, "no count") || !strings.Contains(log.String(), "no count") {
		t.Errorf("%d\n%s\n%s", status, text, &log)
	}
	if n := testutil.ToFloat64(v.metrics.panics.WithLabelValues(background)); n != 1 {
		t.Errorf("%v panics are counted", n)
	}
}

// A panic while a contact is recorded ends nothing.
func TestPanicOfARecord(t *testing.T) {
	var log bytes.Buffer
	v := &service{metrics: newMetrics(), log: slog.New(slog.NewTextHandler(&log, nil))}
	v.record(store.Contact{}) // there is no recorder
	if n := testutil.ToFloat64(v.metrics.panics.WithLabelValues(background)); n != 1 || !strings.Contains(log.String(), "in=contacts") {
		t.Errorf("%v panics are counted\n%s", n, &log)
	}
}

func TestMetricsPages(t *testing.T) {
	get := startMetricsServer(t.Context(), t, newTestMetrics(testGauges), t.Output())
	for path, want := range map[string]string{
		"/":                              "/metrics",
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/cmdline":           "snomredirect",
		"/debug/pprof/symbol?0x1":        "num_symbols",
		"/debug/pprof/goroutine?debug=1": "TestMetricsPages",
	} {
		if status, text := get(path); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, %.200q", path, status, text)
		}
	}
	if status, _ := get("/elsewhere"); status != http.StatusNotFound {
		t.Errorf("elsewhere: %d", status)
	}
}

// A long profile is rejected, because only one can be made at a time.
func TestProfilesAreBounded(t *testing.T) {
	get := startMetricsServer(t.Context(), t, newTestMetrics(testGauges), t.Output())
	for _, page := range []string{"profile", "trace", "heap"} {
		for _, seconds := range []string{"121", "86400", "1e300", "Inf", "NaN", "-1", "x"} {
			if status, text := get("/debug/pprof/" + page + "?seconds=" + seconds); status != http.StatusBadRequest || !strings.Contains(text, "up to 120") {
				t.Errorf("%s of %s: %d, %.200q", page, seconds, status, text)
			}
		}
	}
	if status, _ := get("/debug/pprof/trace?seconds=0.01"); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

// A profile may take longer than other requests, but does not delay the end.
func TestProfileEndsWithTheService(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	get := startMetricsServer(ctx, t, newTestMetrics(testGauges), t.Output())
	statuses := make(chan int, 2)
	for range 2 {
		go func() {
			status, _ := get("/debug/pprof/profile?seconds=100")
			statuses <- status
		}()
	}
	// Only one can run at a time, so one is running when the other is refused.
	if status := <-statuses; status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	stop()
	select {
	case status := <-statuses:
		if status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	case <-time.After(50 * time.Second): // half of what it would take
		t.Error("the profile goes on")
	}
}

// A panic while an answered request, call or datagram is observed is counted, and ends nothing.
func TestPanicOfAnObserver(t *testing.T) {
	v := &service{metrics: newMetrics(), log: slog.New(slog.DiscardHandler)}
	panics := v.metrics.panics.WithLabelValues(background)
	v.metrics.requests, v.metrics.calls, v.metrics.datagrams = nil, nil, nil
	v.observeRequest(redirect.Observation{Outcome: redirect.Redirected})
	v.observeCall("redirect.checkPhone", "done")
	v.observeDatagram(pnp.Answered)
	if n := testutil.ToFloat64(panics); n != 3 {
		t.Errorf("%v panics are counted", n)
	}
}
