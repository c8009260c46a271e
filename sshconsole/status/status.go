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

	UptimeSeconds int64         `json:"uptime_seconds"`
	Requests      []Requests    `json:"requests"`     // of phones
	Unregistered  []Tried       `json:"unregistered"` // phones with the most requests
	Disk          Disk          `json:"disk"`
	Certificates  []Certificate `json:"certificates"`
}

// Requests are how many requests of phones had an outcome, within the last minute, hour
// and day since the start.
type Requests struct {
	Outcome string `json:"outcome"` // as in the metric requests_total
	Minute  int    `json:"minute"`
	Hour    int    `json:"hour"`
	Day     int    `json:"day"`
}

// A Tried is an unregistered phone and how often it has requested its settings.
type Tried struct {
	MAC   string    `json:"mac"`
	From  string    `json:"from"` // of the last request, at Last
	Last  time.Time `json:"last"`
	Times int       `json:"times"`
}

// A Disk is that of the data folder, in bytes. If its space is not known, Total is 0.
type Disk struct {
	Database int64 `json:"database_bytes"`
	Free     int64 `json:"free_bytes,omitempty"`
	Total    int64 `json:"total_bytes,omitempty"`
}

// A Certificate is one that the service presents, and the whole days until its end,
// which are negative after it.
type Certificate struct {
	File     string    `json:"file"`
	NotAfter time.Time `json:"not_after"`
	Days     int       `json:"days"`
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
	field("Started", "%s, up for %s", wording.Timestamp(r.Started), uptime(r.UptimeSeconds))
	if last := r.LastBackup; last.IsZero() {
		field("Last backup", "none")
	} else {
		field("Last backup", "%s (%s)", wording.Timestamp(last), humanize.Time(last))
	}
	r.writeDisk(field)
	for _, c := range r.Certificates {
		field("Certificate", "%s until %s (%s)", c.File, wording.Timestamp(c.NotAfter), wording.Plural(c.Days, "day", "days"))
	}
	field("Accounts", "%d", r.Accounts)
	field("Phones", "%d", r.Phones)
	r.writeRequests(w)
	r.writeCensus(field)
}

// writeCensus writes whose phones never called, and which phones called that are nobody's.
func (r Report) writeCensus(field func(name, format string, args ...any)) {
	for i, t := range r.Unregistered {
		if i == 0 {
			field("Unregistered", "phones with the most requests")
		}
		field("  "+t.MAC, "%s from %s, the last at %s", wording.Plural(t.Times, "request", "requests"), t.From, wording.Timestamp(t.Last))
	}
	if r.Counted.IsZero() {
		field("Never called", "not counted yet")
		return
	}
	field("Never called", "%d, counted at %s", r.NeverCalled, wording.Timestamp(r.Counted))
	for _, a := range r.Silent {
		field("  "+string(a.Name), "%d of %d, %d of them registered for 90 days", a.NeverCalled, a.Phones, a.LongSilent)
	}
}

func (r Report) writeDisk(field func(name, format string, args ...any)) {
	text := humanize.IBytes(uint64(r.Disk.Database)) + " of database"
	if r.Disk.Total > 0 {
		text += fmt.Sprintf(", %s free of %s", humanize.IBytes(uint64(r.Disk.Free)), humanize.IBytes(uint64(r.Disk.Total)))
	}
	field("Disk", "%s", text)
}

// writeRequests writes a table, with a line for each outcome.
func (r Report) writeRequests(w io.Writer) {
	if len(r.Requests) == 0 {
		fmt.Fprintf(w, "%-15s none within a day\n", "Requests:")
		return
	}
	fmt.Fprintf(w, "%-20s %9s %9s %9s\n", "Requests:", "minute", "hour", "day")
	for _, o := range r.Requests {
		fmt.Fprintf(w, "  %-18s %9d %9d %9d\n", o.Outcome, o.Minute, o.Hour, o.Day)
	}
}

// uptime words a time since the start, such as "2 days 5h12m".
func uptime(seconds int64) string {
	d := (time.Duration(seconds) * time.Second).Truncate(time.Minute)
	days, rest := int(d/(24*time.Hour)), d%(24*time.Hour)
	text := fmt.Sprintf("%dh%02dm", rest/time.Hour, rest%time.Hour/time.Minute)
	if days > 0 {
		text = wording.Plural(days, "day", "days") + " " + text
	}
	return text
}
