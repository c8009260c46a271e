package main

import (
	"errors"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"snomredirect/store"
)

// gauges is a collector that looks its values up at each scrape. A value that
// can't be looked up is left out, and logged.
type gauges struct {
	phones   func() (int, error)
	accounts func() ([]store.Account, error)
	sessions func() int                             // open at the console
	waiting  func() int                             // contacts to be written
	backup   func() time.Time                       // the last one, or the zero time
	refusing func() error                           // why changes are refused, or nil
	age      func() time.Duration                   // of the replica
	guard    func(where string, f func()) (ok bool) // Prometheus collects on its own goroutines
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	buildInfoGauge = gauge("build_info", "1, labelled with what the program was built from.", "version", "revision", "goversion")
	phonesGauge    = gauge("phones", "Registered phones.")
	accountsGauge  = gauge("accounts", "Accounts, by role and state.", "role", "state")
	sessionsGauge  = gauge("console_open_sessions", "Open console sessions.")
	backupGauge    = gauge("last_backup_timestamp_seconds", "When the last backup that a client received was made, in Unix time; 0 if there is none.")
	refusedGauge   = gauge("changes_refused", "1 while changes are refused because they can't be stored, otherwise 0.")
	ageGauge       = gauge("replica_age_seconds", "For how long it has not been known that the replica has all changes; 0 without --etcd.")
	waitingGauge   = gauge("contacts_waiting", "Last contacts of phones that wait to be written.")
)

// Describe implements [prometheus.Collector].
func (g gauges) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfoGauge, phonesGauge, accountsGauge, sessionsGauge, waitingGauge, backupGauge, refusedGauge, ageGauge} {
		descs <- d
	}
}

// Collect implements [prometheus.Collector].
func (g gauges) Collect(values chan<- prometheus.Metric) {
	if !g.guard("metrics", func() { g.collect(values) }) {
		values <- prometheus.NewInvalidMetric(phonesGauge, errors.New("panicked: the log has its stack"))
	}
}

func (g gauges) collect(values chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, n int, err error, labels ...string) {
		if err != nil {
			values <- prometheus.NewInvalidMetric(d, err)
			return
		}
		values <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	module, revision := built()
	send(buildInfoGauge, 1, nil, module, revision, runtime.Version())
	n, err := g.phones()
	send(phonesGauge, n, err)
	send(sessionsGauge, g.sessions(), nil)
	send(waitingGauge, g.waiting(), nil)
	refused := 0
	if g.refusing() != nil {
		refused = 1
	}
	send(refusedGauge, refused, nil)
	values <- prometheus.MustNewConstMetric(ageGauge, prometheus.GaugeValue, g.age().Seconds())
	last := 0
	if t := g.backup(); !t.IsZero() {
		last = int(t.Unix())
	}
	send(backupGauge, last, nil)

	accounts, err := g.accounts()
	if err != nil {
		send(accountsGauge, 0, err)
		return
	}
	type kind struct {
		role     store.Role
		disabled bool
	}
	count := map[kind]int{}
	for _, a := range accounts {
		count[kind{a.Role, a.Disabled}]++
	}
	for _, role := range []store.Role{store.Partner, store.Operator} {
		send(accountsGauge, count[kind{role, false}], nil, role.String(), "enabled")
		send(accountsGauge, count[kind{role, true}], nil, role.String(), "disabled")
	}
}
