package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"snomredirect/redirect"
	"snomredirect/redirect/files"
	"snomredirect/redirect/pnp"
	"snomredirect/redirect/rds"
	"snomredirect/redirect/settings"
	"snomredirect/redirect/sraps"
	"snomredirect/sshconsole"
	"snomredirect/store"
	"snomredirect/store/etcd"
)

// metrics are what Prometheus collects. Events are counted as they happen;
// [gauges] are looked up at each scrape. All series exist from the start and no
// others are added: each label has a closed set of values, none of which comes
// from a client.
type metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // outcome, format, protocol
	took     *prometheus.HistogramVec // protocol
	logins   *prometheus.CounterVec   // method, outcome
	sessions *prometheus.CounterVec   // outcome
	calls    *prometheus.CounterVec   // method, outcome
	sraps    *prometheus.CounterVec   // call, outcome
	panics   *prometheus.CounterVec   // component

	datagrams *prometheus.CounterVec // outcome

	files     *prometheus.CounterVec   // outcome, protocol
	filesTook *prometheus.HistogramVec // protocol

	evictions *prometheus.CounterVec // listener

	commits, flushes       prometheus.Observer
	flushed, flushFailures prometheus.Counter
	commitFailures         prometheus.Counter

	conflicts, resyncs prometheus.Counter
	etcdTook           *prometheus.HistogramVec // request
}

const namespace = "snomredirect"

// Values of the label component.
const (
	phonesComponent  = "phones"
	consoleComponent = "console"
	rdsComponent     = "rds"
	srapsComponent   = "sraps"
	background       = "background" // what no client waits for
)

// Upper bounds of the histograms' buckets, in seconds.
var (
	requestBuckets = []float64{10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1}
	diskBuckets    = []float64{500e-6, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

func newMetrics() *metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	in := promauto.With(registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return in.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry:  registry,
		requests:  counter("requests_total", "Requests of phones by outcome; the format is none if no settings file was sent.", "outcome", "format", "protocol"),
		took:      histogram("request_duration_seconds", "Time from a phone's request until its reply is ready.", requestBuckets, "protocol"),
		logins:    counter("console_logins_total", "Connections to the console that offered a key or a password, by the method offered last.", "method", "outcome"),
		sessions:  counter("console_sessions_total", "Console sessions that have ended or could not be opened, by outcome.", "outcome"),
		calls:     counter("rds_calls_total", "XML-RPC calls by outcome; the method is other if it is unknown or was not read.", "method", "outcome"),
		sraps:     counter("sraps_calls_total", "Calls of the REST API by outcome; the call is other if the request is none.", "call", "outcome"),
		datagrams: counter("pnp_datagrams_total", "Datagrams that came in over Plug & Play, by outcome.", "outcome"),
		files:     counter("files_requests_total", "Requests for setting files, by outcome.", "outcome", "protocol"),
		filesTook: histogram("files_request_duration_seconds", "Time from a request for a setting file until its reply is written.", requestBuckets, "protocol"),
		panics:    counter("panics_total", "Panics that were caught; the log has their stacks.", "component"),

		evictions: counter("connections_evicted_total", "Connections that were closed to make room for others.", "listener"),

		commits:        histogram("commit_duration_seconds", "Time until the changes of accounts and phones in one transaction are on disk.", diskBuckets).WithLabelValues(),
		commitFailures: counter("commit_failures_total", "Transactions that could not be written; their changes were refused, or it is not known whether they are stored.").WithLabelValues(),
		flushes:        histogram("contacts_flush_duration_seconds", "Time to write the last contacts of phones.", diskBuckets).WithLabelValues(),
		flushed:        counter("contacts_flushed_total", "Phones whose last contact was written.").WithLabelValues(),
		flushFailures:  counter("contacts_flush_failures_total", "Failed attempts to write last contacts; each is retried.").WithLabelValues(),

		conflicts: counter("commit_conflicts_total", "Transactions that ran again because another node had changed something first; 0 without --etcd.").WithLabelValues(),
		resyncs:   counter("replica_resyncs_total", "How often everything was read from etcd again; 0 without --etcd.").WithLabelValues(),
		etcdTook:  histogram("etcd_request_duration_seconds", "Time of requests to etcd.", diskBuckets, "request"),
	}
	m.createSeries()
	return m
}

// createSeries creates the series of all labels, at zero.
func (m *metrics) createSeries() {
	for _, protocol := range store.Protocols() {
		m.took.WithLabelValues(protocol.String())
		for _, outcome := range redirect.Outcomes() {
			for _, format := range settings.Formats() {
				labels := requestLabels(redirect.Observation{Outcome: outcome, Format: format, Protocol: protocol})
				m.requests.WithLabelValues(labels[:]...)
			}
		}
	}
	for _, method := range sshconsole.Methods() {
		for _, outcome := range sshconsole.LoginOutcomes() {
			m.logins.WithLabelValues(string(method), string(outcome))
		}
	}
	for _, outcome := range sshconsole.SessionOutcomes() {
		m.sessions.WithLabelValues(string(outcome))
	}
	for _, method := range rds.Methods() {
		for _, outcome := range rds.Outcomes() {
			m.calls.WithLabelValues(method, string(outcome))
		}
	}
	for _, call := range sraps.Calls() {
		for _, outcome := range sraps.Outcomes() {
			m.sraps.WithLabelValues(call, string(outcome))
		}
	}
	for _, outcome := range pnp.Outcomes() {
		m.datagrams.WithLabelValues(string(outcome))
	}
	for _, protocol := range []store.Protocol{store.HTTP, store.HTTPS} {
		m.filesTook.WithLabelValues(protocol.String())
		for _, outcome := range files.Outcomes() {
			m.files.WithLabelValues(string(outcome), protocol.String())
		}
	}
	for _, request := range etcd.Requests() {
		m.etcdTook.WithLabelValues(request)
	}
	for listener := range connectionLimits {
		m.evictions.WithLabelValues(listener)
	}
	for _, component := range []string{phonesComponent, consoleComponent, rdsComponent, srapsComponent, background} {
		m.panics.WithLabelValues(component)
	}
}

// linesDropped returns the counter of log lines that were dropped.
func linesDropped(n func() int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Namespace: namespace, Name: "log_lines_dropped_total", Help: "Lines of the log that were dropped, because nobody read them in time or they could not be written.",
	}, func() float64 { return float64(n()) })
}

// requestLabels returns the labels of a request: outcome, format and protocol. A reply
// without a settings file has no format.
func requestLabels(o redirect.Observation) [3]string {
	format := "none"
	if o.Outcome.SendsFile() && o.Protocol != store.PnP {
		format = o.Format.String()
	}
	return [3]string{string(o.Outcome), format, o.Protocol.String()}
}

// The methods below are what the servers and the store call.

func (m *metrics) request(o redirect.Observation) {
	labels := requestLabels(o)
	m.requests.WithLabelValues(labels[:]...).Inc()
	m.took.WithLabelValues(o.Protocol.String()).Observe(o.Took.Seconds())
	if o.Outcome == redirect.Panicked {
		m.panics.WithLabelValues(phonesComponent).Inc()
	}
}

func (m *metrics) login(method sshconsole.Method, outcome sshconsole.LoginOutcome) {
	m.logins.WithLabelValues(string(method), string(outcome)).Inc()
}

func (m *metrics) session(outcome sshconsole.SessionOutcome) {
	m.sessions.WithLabelValues(string(outcome)).Inc()
}

func (m *metrics) call(method string, outcome rds.Outcome) {
	m.calls.WithLabelValues(method, string(outcome)).Inc()
	if outcome == rds.Panicked {
		m.panics.WithLabelValues(rdsComponent).Inc()
	}
}

func (m *metrics) srapsCall(call string, outcome sraps.Outcome) {
	m.sraps.WithLabelValues(call, string(outcome)).Inc()
	if outcome == sraps.Panicked {
		m.panics.WithLabelValues(srapsComponent).Inc()
	}
}

func (m *metrics) datagram(outcome pnp.Outcome) {
	m.datagrams.WithLabelValues(string(outcome)).Inc()
	if outcome == pnp.Panicked {
		m.panics.WithLabelValues(phonesComponent).Inc()
	}
}

func (m *metrics) file(o files.Observation) {
	m.files.WithLabelValues(string(o.Outcome), o.Protocol.String()).Inc()
	m.filesTook.WithLabelValues(o.Protocol.String()).Observe(o.Took.Seconds())
	if o.Outcome == files.Panicked {
		m.panics.WithLabelValues(phonesComponent).Inc()
	}
}

func (m *metrics) consolePanic() { m.panics.WithLabelValues(consoleComponent).Inc() }

func (m *metrics) backgroundPanic() { m.panics.WithLabelValues(background).Inc() }

func (m *metrics) committed(took time.Duration) { m.commits.Observe(took.Seconds()) }

func (m *metrics) etcdRequest(request string, took time.Duration, _ error) {
	m.etcdTook.WithLabelValues(request).Observe(took.Seconds())
}

func (m *metrics) flush(took time.Duration, phones int, err error) {
	m.flushes.Observe(took.Seconds())
	m.flushed.Add(float64(phones))
	if err != nil {
		m.flushFailures.Inc()
	}
}
