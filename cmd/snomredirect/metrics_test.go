package main

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"snomredirect/redirect"
	"snomredirect/redirect/files"
	"snomredirect/redirect/rds"
	"snomredirect/redirect/settings"
	"snomredirect/sshconsole"
	"snomredirect/store"
)

// testGauges have fixed values.
var testGauges = gauges{
	phones: func() (int, error) { return 10_000_000, nil },
	accounts: func() ([]store.Account, error) {
		return []store.Account{{Role: store.Operator}, {Disabled: true}, {}, {}}, nil
	},
	sessions: func() int { return 3 },
	waiting:  func() int { return 4 },
	backup:   func() time.Time { return time.Unix(1_795_613_409, 0) },
	refusing: func() error { return nil },
	age:      func() time.Duration { return 0 },
	guard:    func(_ string, f func()) bool { f(); return true },
}

// newTestMetrics returns metrics with g among them.
func newTestMetrics(g gauges) *metrics {
	m := newMetrics()
	m.registry.MustRegister(g)
	return m
}

// series returns the service's own series in a reply to Prometheus.
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

// expectSeries checks the values of some series.
func expectSeries(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, n := range want {
		if value, ok := got[name]; !ok || value != n {
			t.Errorf("%s is %v (exists: %v), want %v", name, value, ok, n)
		}
	}
}

// observeEverything makes each event happen once, in each combination of labels.
func observeEverything(m *metrics) (requests int) {
	for _, outcome := range redirect.Outcomes() {
		for _, format := range settings.Formats() {
			for _, protocol := range store.Protocols() {
				m.request(redirect.Observation{Outcome: outcome, Format: format, Protocol: protocol, Took: 60 * time.Microsecond})
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
	for _, outcome := range files.Outcomes() {
		for _, protocol := range []store.Protocol{store.HTTP, store.HTTPS} {
			m.file(files.Observation{Outcome: outcome, Protocol: protocol, Took: time.Millisecond})
		}
	}
	m.consolePanic()
	m.committed(time.Second)
	m.flush(2*time.Second, 5, nil)
	m.flush(time.Second, 0, errors.New("disk full"))
	return requests
}

// All series exist from the start: no event adds one.
func TestMetrics(t *testing.T) {
	m := newTestMetrics(testGauges)
	get := startMetricsServer(t.Context(), t, m, t.Output())
	_, text := get("/metrics")
	before := series(text)
	expectSeries(t, before, map[string]float64{
		`snomredirect_phones`: 1e7, `snomredirect_console_open_sessions`: 3, `snomredirect_contacts_waiting`: 4,
		`snomredirect_accounts{role="operator",state="enabled"}`: 1, `snomredirect_accounts{role="operator",state="disabled"}`: 0,
		`snomredirect_accounts{role="partner",state="enabled"}`: 2, `snomredirect_accounts{role="partner",state="disabled"}`: 1,
	})
	requests := observeEverything(m)
	_, text = get("/metrics")
	after := series(text)
	if len(after) != len(before) {
		t.Errorf("%d series at the start, %d later", len(before), len(after))
	}
	expectSeries(t, after, map[string]float64{
		`snomredirect_request_duration_seconds_count{protocol="https"}`:             float64(requests) / 3,
		`snomredirect_request_duration_seconds_bucket{protocol="http",le="5e-05"}`:  0,
		`snomredirect_request_duration_seconds_bucket{protocol="http",le="0.0001"}`: float64(requests) / 3,
		`snomredirect_panics_total{component="phones"}`:                             11,
		`snomredirect_panics_total{component="console"}`:                            1,
		`snomredirect_panics_total{component="rds"}`:                                float64(len(rds.Methods())),
		`snomredirect_commit_duration_seconds_sum`:                                  1,
		`snomredirect_contacts_flush_duration_seconds_sum`:                          3,
		`snomredirect_contacts_flushed_total`:                                       5,
		`snomredirect_contacts_flush_failures_total`:                                1,
	})
	expectCounts(t, after, requests)
}

// expectCounts checks what observeEverything has counted.
func expectCounts(t *testing.T, got map[string]float64, requests int) {
	t.Helper()
	counted := 0
	for name, n := range got {
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
				t.Errorf("%s is %v, want 1", name, n)
			}
		}
	}
	if counted != requests {
		t.Errorf("%d of %d requests were counted", counted, requests)
	}
}

// Only the outcome says that a request panicked.
func TestPhonePanics(t *testing.T) {
	m := newTestMetrics(testGauges)
	get := startMetricsServer(t.Context(), t, m, t.Output())
	want := 0.0
	for _, outcome := range redirect.Outcomes() {
		m.request(redirect.Observation{Outcome: outcome})
		if outcome == redirect.Panicked {
			want = 1
		}
		_, text := get("/metrics")
		expectSeries(t, series(text), map[string]float64{`snomredirect_panics_total{component="phones"}`: want})
	}
}

// Names and help texts follow Prometheus's conventions.
func TestMetricsLint(t *testing.T) {
	families, err := newTestMetrics(testGauges).registry.Gather()
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

// BenchmarkRequestObserved measures what counting adds to a phone's request.
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

func TestCountingDoesNotAllocate(t *testing.T) {
	m := newMetrics()
	for _, outcome := range redirect.Outcomes() {
		o := redirect.Observation{Outcome: outcome, Format: settings.Container, Protocol: store.HTTPS, Took: time.Millisecond}
		if n := testing.AllocsPerRun(100, func() { m.request(o) }); n != 0 {
			t.Errorf("%s: %v allocations", outcome, n)
		}
	}
}
