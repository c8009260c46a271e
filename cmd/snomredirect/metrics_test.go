package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"snomredirect/redirect"
	"snomredirect/redirect/rds"
	"snomredirect/redirect/settings"
	"snomredirect/sshconsole"
	"snomredirect/store"
)

// few is a stock that never changes.
var few = gauges{
	phones: func() (int, error) { return 10_000_000, nil },
	accounts: func() ([]store.Account, error) {
		return []store.Account{{Role: store.Operator}, {Disabled: true}, {}, {}}, nil
	},
	sessions: func() int { return 3 },
	waiting:  func() int { return 4 },
}

// newTestMetrics returns metrics with what they are told of.
func newTestMetrics(s gauges) *metrics {
	m := newMetrics()
	m.registry.MustRegister(s)
	return m
}

// measure serves metrics on a port of its own until the test or ctx ends, and
// returns what gets a page there.
func measure(ctx context.Context, t *testing.T, m *metrics, log io.Writer) (get func(path string) (status int, text string)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := newMetricsServer(ctx, l, m.registry, slog.New(slog.NewTextHandler(log, nil)))
	ended := make(chan error, 1)
	go func() { ended <- door.serve() }()
	t.Cleanup(func() {
		if err := errors.Join(door.shutdown(context.Background()), <-ended); err != nil {
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

// series are the lines of our own in what Prometheus reads.
func series(text string) map[string]float64 {
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if value != "" {
			name += "}"
		} else {
			name, value, _ = strings.Cut(name, " ")
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil && strings.HasPrefix(name, namespace) {
			all[name] = n
		}
	}
	return all
}

// Whatever happens is counted in one of the series that are there from the
// start.
func TestMetrics(t *testing.T) {
	m := newTestMetrics(few)
	get := measure(t.Context(), t, m, t.Output())
	_, text := get("/metrics")
	before := series(text)
	for name, want := range map[string]float64{
		`snomredirect_phones`: 1e7, `snomredirect_console_open_sessions`: 3, `snomredirect_contacts_waiting`: 4,
		`snomredirect_accounts{role="operator",state="enabled"}`: 1, `snomredirect_accounts{role="operator",state="disabled"}`: 0,
		`snomredirect_accounts{role="partner",state="enabled"}`: 2, `snomredirect_accounts{role="partner",state="disabled"}`: 1,
	} {
		if got, ok := before[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}

	requests := 0
	for _, outcome := range redirect.Outcomes() {
		for _, format := range settings.Formats() {
			for _, https := range []bool{false, true} {
				m.request(redirect.Observation{Outcome: outcome, Format: format, HTTPS: https, Took: 60 * time.Microsecond})
				requests++
			}
		}
	}
	for _, outcome := range sshconsole.LoginOutcomes() {
		for _, method := range sshconsole.Methods() {
			m.login(method, outcome)
		}
	}
	for _, outcome := range sshconsole.SessionOutcomes() {
		m.session(outcome)
	}
	for _, outcome := range rds.Outcomes() {
		for _, method := range rds.Methods() {
			m.call(method, outcome)
		}
	}
	m.consolePanic()
	m.committed(time.Second)
	m.flush(2*time.Second, 5, nil)
	m.flush(time.Second, 0, errors.New("disk full"))

	_, text = get("/metrics")
	after := series(text)
	if len(after) != len(before) {
		t.Errorf("%d series became %d", len(before), len(after))
	}
	counted := 0
	for name, n := range after {
		switch {
		case strings.HasPrefix(name, "snomredirect_requests_total"):
			want := 1.0
			if strings.Contains(name, `format="none"`) {
				want = 3
			}
			if n != want {
				t.Errorf("%s is %v, want %v", name, n, want)
			}
			counted += int(n)
		case strings.HasPrefix(name, "snomredirect_console_logins_total"), strings.HasPrefix(name, "snomredirect_console_sessions_total"), strings.HasPrefix(name, "snomredirect_rds_calls_total"):
			if n != 1 {
				t.Errorf("%s is %v", name, n)
			}
		}
	}
	if counted != requests {
		t.Errorf("%d of %d requests are counted", counted, requests)
	}
	for name, want := range map[string]float64{
		`snomredirect_request_duration_seconds_count{scheme="https"}`:             float64(requests) / 2,
		`snomredirect_request_duration_seconds_bucket{scheme="http",le="5e-05"}`:  0,
		`snomredirect_request_duration_seconds_bucket{scheme="http",le="0.0001"}`: float64(requests) / 2,
		`snomredirect_panics_total{door="phones"}`:                                6,
		`snomredirect_panics_total{door="console"}`:                               1,
		`snomredirect_panics_total{door="rds"}`:                                   float64(len(rds.Methods())),
		`snomredirect_commit_duration_seconds_sum`:                                1,
		`snomredirect_contacts_flush_duration_seconds_sum`:                        3,
		`snomredirect_contacts_flushed_total`:                                     5,
		`snomredirect_contacts_flush_failures_total`:                              1,
	} {
		if got, ok := after[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// A panic is one by its outcome alone.
func TestPhonePanics(t *testing.T) {
	m := newTestMetrics(few)
	get := measure(t.Context(), t, m, t.Output())
	want := 0.0
	for _, outcome := range redirect.Outcomes() {
		m.request(redirect.Observation{Outcome: outcome})
		if outcome == redirect.Panicked {
			want = 1
		}
		_, text := get("/metrics")
		if got := series(text)[`snomredirect_panics_total{door="phones"}`]; got != want {
			t.Errorf("after %s: %v panics", outcome, got)
		}
	}
}

// The names keep the conventions.
func TestMetricsLint(t *testing.T) {
	families, err := newTestMetrics(few).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A store that fails takes only its own with it.
func TestMetricsOfAFailingStore(t *testing.T) {
	s := few
	s.phones = func() (int, error) { return 0, errors.New("disk on fire") }
	s.accounts = func() ([]store.Account, error) { return nil, errors.New("disk on fire") }
	var log bytes.Buffer
	status, text := measure(t.Context(), t, newTestMetrics(s), &log)("/metrics")
	all := series(text)
	if _, phones := all["snomredirect_phones"]; phones || status != http.StatusOK || all["snomredirect_contacts_waiting"] != 4 || strings.Contains(text, "fire") {
		t.Errorf("%d\n%s", status, text)
	}
	if strings.Count(log.String(), "disk on fire") == 0 {
		t.Error("the log does not tell")
	}
}

func TestMetricsPages(t *testing.T) {
	get := measure(t.Context(), t, newTestMetrics(few), t.Output())
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

// Whoever asks for a profile of a day gets none: only one can be made at a time.
func TestProfilesAreBounded(t *testing.T) {
	get := measure(t.Context(), t, newTestMetrics(few), t.Output())
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

// A profile may take longer than any phone's question, and holds up no end.
func TestProfileEndsWithTheService(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	get := measure(ctx, t, newTestMetrics(few), t.Output())
	statuses := make(chan int, 2)
	for range 2 {
		go func() {
			status, _ := get("/debug/pprof/profile?seconds=100")
			statuses <- status
		}()
	}
	// Only one at a time is taken, so that one is when the other is refused.
	if status := <-statuses; status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
	stop()
	select {
	case status := <-statuses:
		if status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	case <-time.After(50 * time.Second): // well before its time is over
		t.Error("it goes on")
	}
}

// What a phone's request spends on being counted.
func BenchmarkRequestObserved(b *testing.B) {
	m := newMetrics()
	o := redirect.Observation{Outcome: redirect.Redirected, Format: settings.XML, Took: 40 * time.Microsecond}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.request(o)
		}
	})
}

func TestRequestsAreCountedWithoutGarbage(t *testing.T) {
	m := newMetrics()
	for _, outcome := range redirect.Outcomes() {
		o := redirect.Observation{Outcome: outcome, Format: settings.Container, HTTPS: true, Took: time.Millisecond}
		if n := testing.AllocsPerRun(100, func() { m.request(o) }); n != 0 {
			t.Errorf("%s: %v allocations", outcome, n)
		}
	}
}
