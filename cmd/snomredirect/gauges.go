package main

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"snomredirect/store"
)

// A gauges is what there is now, looked up when Prometheus asks. What can't be
// looked up is left out, and the log tells.
type gauges struct {
	phones   func() (int, error)
	accounts func() ([]store.Account, error)
	sessions func() int // open at the console
	waiting  func() int // contacts to be written
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	builtGauge    = gauge("build_info", "1, for what the program was built from.", "version", "revision", "goversion")
	phonesGauge   = gauge("phones", "Phones that are registered.")
	accountsGauge = gauge("accounts", "Accounts that there are.", "role", "state")
	sessionsGauge = gauge("console_open_sessions", "Sessions that are open at the console.")
	waitingGauge  = gauge("contacts_waiting", "Last contacts of phones that wait to be written.")
)

// Describe implements [prometheus.Collector].
func (s gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{builtGauge, phonesGauge, accountsGauge, sessionsGauge, waitingGauge} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (s gauges) Collect(to chan<- prometheus.Metric) {
	is := func(of *prometheus.Desc, n int, err error, labels ...string) {
		if err != nil {
			to <- prometheus.NewInvalidMetric(of, err)
			return
		}
		to <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, float64(n), labels...)
	}
	module, revision := built()
	is(builtGauge, 1, nil, module, revision, runtime.Version())
	n, err := s.phones()
	is(phonesGauge, n, err)
	is(sessionsGauge, s.sessions(), nil)
	is(waitingGauge, s.waiting(), nil)

	accounts, err := s.accounts()
	if err != nil {
		is(accountsGauge, 0, err)
		return
	}
	type kind struct {
		role     store.Role
		disabled bool
	}
	of := map[kind]int{}
	for _, a := range accounts {
		of[kind{a.Role, a.Disabled}]++
	}
	for _, role := range []store.Role{store.Partner, store.Operator} {
		is(accountsGauge, of[kind{role, false}], nil, role.String(), "enabled")
		is(accountsGauge, of[kind{role, true}], nil, role.String(), "disabled")
	}
}
