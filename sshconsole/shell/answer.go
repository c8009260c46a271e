package shell

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"snomredirect/store"
)

// Answers are text for people or, with --json, one object a line for programs.

// answer writes object with --json, else the text; that of a dry run says so.
func (c *call) answer(object any, format string, args ...any) {
	if c.json {
		c.object(object)
		return
	}
	if c.dryRun {
		io.WriteString(c.out, "Dry run: ")
	}
	fmt.Fprintf(c.out, format, args...)
}

// object writes an object on a line of its own.
func (c *call) object(object any) { writeJSON(c.out, object) }

func writeJSON(w io.Writer, object any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // URLs stay readable
	_ = e.Encode(object)   // a writer that fails is a caller that has gone
}

// An errorObject is a problem for programs.
type errorObject struct {
	Error string `json:"error"`
	Code  code   `json:"code"`
	Line  int    `json:"line,omitempty"` // of the list
}

// A noticeObject is what the caller should know and did not ask for.
type noticeObject struct {
	Notice string `json:"notice"`
}

// notify writes a notice to where problems go.
func (s *session) notify(text string) {
	if s.json {
		writeJSON(s.Err, noticeObject{text})
		return
	}
	_, _ = io.WriteString(s.Err, text+"\n")
}

// A phoneState is what a caller may know of a phone.
type phoneState string

const (
	stateRegistered   phoneState = "registered"
	stateUnregistered phoneState = "unregistered"
	stateTaken        phoneState = "taken" // by another account, or held for it
	stateHeld         phoneState = "held"  // for the caller; operators see all
)

// A phoneObject is a phone for programs.
type phoneObject struct {
	MAC           string     `json:"mac"`
	Model         string     `json:"model"` // "" where no range is known
	State         phoneState `json:"state"`
	Account       store.Name `json:"account,omitempty"` // for operators
	SettingServer string     `json:"setting_server,omitempty"`
	RegisteredAt  string     `json:"registered_at,omitempty"`
	HeldUntil     string     `json:"held_until,omitempty"`
	DryRun        bool       `json:"dry_run,omitempty"`

	LastContact *contactObject `json:"last_contact,omitempty"` // of SHOW
}

// phoneObject tells of a phone what the caller may know, given its owner.
func (c *call) phoneObject(p store.Phone, owner store.Account) phoneObject {
	o := phoneObject{MAC: p.MAC.String(), Model: p.MAC.Model(), DryRun: c.dryRun}
	switch {
	case p.Owner == 0:
		o.State = stateUnregistered
		return o
	case p.Owner != c.by.ID && !c.by.Operates():
		o.State = stateTaken
		return o
	case p.Held():
		o.State, o.HeldUntil = stateHeld, machineTime(p.HeldUntil)
	default:
		o.State, o.SettingServer, o.RegisteredAt = stateRegistered, p.SettingServer(owner).String(), machineTime(p.Registered)
	}
	if c.by.Operates() {
		o.Account = owner.Name
	}
	return o
}

// field writes one line of an answer that has a name for each.
func (c *call) field(name string, value any) {
	fmt.Fprintf(c.out, "%-15s %v\n", name+":", value)
}

func timestamp(t time.Time) string   { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// plural words a number of things.
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
