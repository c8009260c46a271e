package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"snomredirect/redirect"
	"snomredirect/redirect/rds"
	"snomredirect/redirect/settings"
	"snomredirect/sshconsole"
)

// metrics are what Prometheus is told. What has happened since the start is
// counted as it happens; what there is now is looked up when it asks, see
// [stock]. All series are there from the start, and no others come: each label
// has a closed set of values, and what somebody sends never becomes one.
type metrics struct {
	registry *prometheus.Registry

	requests map[requestKey]prometheus.Counter
	took     map[string]prometheus.Observer // by scheme
	logins   map[loginKey]prometheus.Counter
	sessions map[sshconsole.SessionOutcome]prometheus.Counter
	calls    map[callKey]prometheus.Counter

	phonePanics, consolePanics, toolPanics prometheus.Counter

	commits, flushes       prometheus.Observer
	flushed, flushFailures prometheus.Counter
}

type requestKey struct {
	outcome        redirect.Outcome
	format, scheme string
}

type loginKey struct {
	method  sshconsole.Method
	outcome sshconsole.LoginOutcome
}

type callKey struct {
	method  string
	outcome rds.Outcome
}

const namespace = "snomredirect"

// Limits of buckets, in seconds.
var (
	answerTimes = []float64{10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1}
	diskTimes   = []float64{500e-6, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: map[requestKey]prometheus.Counter{},
		took:     map[string]prometheus.Observer{},
		logins:   map[loginKey]prometheus.Counter{},
		sessions: map[sshconsole.SessionOutcome]prometheus.Counter{},
		calls:    map[callKey]prometheus.Counter{},
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	in := promauto.With(m.registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, limits []float64, labels ...string) *prometheus.HistogramVec {
		return in.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: limits}, labels)
	}

	requests := counter("requests_total", "Questions of phones by what became of them; the format is none where no settings file was sent.", "outcome", "format", "scheme")
	took := histogram("request_duration_seconds", "How long questions of phones took until their answers were ready.", answerTimes, "scheme")
	for _, scheme := range []string{schemeOf(false), schemeOf(true)} {
		m.took[scheme] = took.WithLabelValues(scheme)
		for _, outcome := range redirect.Outcomes() {
			for _, format := range settings.Formats() {
				// Of a refusal they are all the same.
				key := requestKey{outcome, formatOf(outcome, format), scheme}
				m.requests[key] = requests.WithLabelValues(string(outcome), key.format, scheme)
			}
		}
	}

	logins := counter("console_logins_total", "Connections to the console that offered a key or a password, by which of them came last.", "method", "outcome")
	for _, method := range sshconsole.Methods() {
		for _, outcome := range sshconsole.LoginOutcomes() {
			m.logins[loginKey{method, outcome}] = logins.WithLabelValues(string(method), string(outcome))
		}
	}
	sessions := counter("console_sessions_total", "Sessions at the console that have ended, or were not opened, by what they came to.", "outcome")
	for _, outcome := range sshconsole.SessionOutcomes() {
		m.sessions[outcome] = sessions.WithLabelValues(string(outcome))
	}

	calls := counter("rds_calls_total", "Calls of tools over XML-RPC by what became of them; the method is other where there is no such one, or it was not read.", "method", "outcome")
	for _, method := range rds.Methods() {
		for _, outcome := range rds.Outcomes() {
			m.calls[callKey{method, outcome}] = calls.WithLabelValues(method, string(outcome))
		}
	}

	panics := counter("panics_total", "Panics that were caught; the log has their stacks.", "door")
	m.phonePanics, m.consolePanics, m.toolPanics = panics.WithLabelValues("phones"), panics.WithLabelValues("console"), panics.WithLabelValues("rds")

	m.commits = histogram("commit_duration_seconds", "How long changes of accounts and phones that share a transaction took to be on disk.", diskTimes).WithLabelValues()
	m.flushes = histogram("contacts_flush_duration_seconds", "How long it took to write what was heard of phones.", diskTimes).WithLabelValues()
	m.flushed = counter("contacts_flushed_total", "Phones whose last contact was written.").WithLabelValues()
	m.flushFailures = counter("contacts_flush_failures_total", "Times that it could not be written; it is tried again.").WithLabelValues()
	return m
}

func schemeOf(https bool) string {
	if https {
		return "https"
	}
	return "http"
}

func formatOf(outcome redirect.Outcome, format settings.Format) string {
	if !outcome.SendsFile() {
		return "none"
	}
	return format.String()
}

// The rest are the functions that the doors and the store call.

func (m *metrics) request(o redirect.Observation) {
	scheme := schemeOf(o.HTTPS)
	m.requests[requestKey{o.Outcome, formatOf(o.Outcome, o.Format), scheme}].Inc()
	m.took[scheme].Observe(o.Took.Seconds())
	if o.Outcome == redirect.Panicked {
		m.phonePanics.Inc()
	}
}

func (m *metrics) login(method sshconsole.Method, outcome sshconsole.LoginOutcome) {
	m.logins[loginKey{method, outcome}].Inc()
}

func (m *metrics) session(outcome sshconsole.SessionOutcome) { m.sessions[outcome].Inc() }

func (m *metrics) call(method string, outcome rds.Outcome) {
	m.calls[callKey{method, outcome}].Inc()
	if outcome == rds.Panicked {
		m.toolPanics.Inc()
	}
}

func (m *metrics) consolePanic() { m.consolePanics.Inc() }

func (m *metrics) committed(took time.Duration) { m.commits.Observe(took.Seconds()) }

func (m *metrics) flush(took time.Duration, phones int, err error) {
	m.flushes.Observe(took.Seconds())
	m.flushed.Add(float64(phones))
	if err != nil {
		m.flushFailures.Inc()
	}
}
