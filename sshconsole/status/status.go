// Package status writes what operators see of the service at a glance.
package status

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Report is the state of the service. Its JSON form is for programs.
type Report struct {
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// LastBackup is when the last backup that a client received was made; zero if there
	// is none.
	LastBackup time.Time `json:"last_backup,omitzero"`
	Phones     int       `json:"phones"`
	Accounts   int       `json:"accounts"`
	// Counted is when the phones that never made a request were counted last; zero if
	// they have not been counted yet.
	Counted     time.Time `json:"counted,omitzero"`
	NeverCalled int       `json:"never_called"`
	// Silent are the accounts with most of them, in this order.
	Silent []Account `json:"silent_accounts"`
}

// An Account is an account's registered phones, how many of them never made a request,
// and how many have been registered for 90 days without one.
type Account struct {
	Name        store.Name `json:"name"`
	Phones      int        `json:"phones"`
	NeverCalled int        `json:"never_called"`
	LongSilent  int        `json:"never_called_90_days"`
}

// Write writes the report for people.
func (r Report) Write(w io.Writer) {
	field := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-15s %s\n", name+":", fmt.Sprintf(format, args...))
	}
	field("Version", "%s", r.Version)
	field("Started", "%s", wording.Timestamp(r.Started))
	if last := r.LastBackup; last.IsZero() {
		field("Last backup", "none")
	} else {
		field("Last backup", "%s (%s)", wording.Timestamp(last), humanize.Time(last))
	}
	field("Accounts", "%d", r.Accounts)
	field("Phones", "%d", r.Phones)
	if r.Counted.IsZero() {
		field("Never called", "not counted yet")
		return
	}
	field("Never called", "%d, counted at %s", r.NeverCalled, wording.Timestamp(r.Counted))
	for _, a := range r.Silent {
		field("  "+string(a.Name), "%d of %d, %d of them registered for 90 days", a.NeverCalled, a.Phones, a.LongSilent)
	}
}
