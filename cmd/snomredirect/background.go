package main

import (
	"runtime/debug"
	"time"

	"snomredirect/redirect"
	"snomredirect/redirect/pnp"
	"snomredirect/redirect/rds"
	"snomredirect/store"
)

// guard runs f in the background of the service. A panic in f is recovered, logged and
// counted; ok reports whether f returned.
func (v *service) guard(where string, f func()) (ok bool) {
	defer v.recovered(where)
	f()
	return true
}

// recovered is deferred: it logs and counts a panic, and ends it.
func (v *service) recovered(where string) {
	if r := recover(); r != nil {
		v.metrics.backgroundPanic()
		v.log.Error("panic", "in", where, "error", r, "stack", string(debug.Stack()))
	}
}

// record records a contact. A phone has its answer by then.
func (v *service) record(c store.Contact) {
	defer v.recovered("contacts")
	v.recorder.Record(c)
}

// observeRequest counts a request of a phone, which has its answer by then.
func (v *service) observeRequest(o redirect.Observation) {
	defer v.recovered("metrics")
	v.metrics.request(o)
	v.requests.add(o.Outcome, time.Now())
}

// observeCall counts a call of a tool, which has its answer by then.
func (v *service) observeCall(method string, o rds.Outcome) {
	defer v.recovered("metrics")
	v.metrics.call(method, o)
}

// observeDatagram counts a datagram of Plug & Play, whose answer is sent by then.
func (v *service) observeDatagram(o pnp.Outcome) {
	defer v.recovered("metrics")
	v.metrics.datagram(o)
}
