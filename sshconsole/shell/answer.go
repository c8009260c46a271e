package shell

import (
	"encoding/json"
	"fmt"
	"io"

	"snomredirect/sshconsole/contacts"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// Answers are text for people or, with --json, one JSON object per line.

// answer writes object if --json was given, and otherwise the text; the text of a
// dry run says so.
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
	_ = e.Encode(object)   // if the writer fails, the client has gone
}

// An errorObject is a problem for programs.
type errorObject struct {
	Error string `json:"error"`
	Code  code   `json:"code"`
	Line  int    `json:"line,omitempty"` // of a list
}

// A noticeObject is something that the caller did not ask for and should know.
type noticeObject struct {
	Notice string `json:"notice"`
}

// notify writes a notice to standard error.
func (s *session) notify(text string) {
	if s.json {
		writeJSON(s.Err, noticeObject{text})
		return
	}
	_, _ = io.WriteString(s.Err, text+"\n")
}

// A phoneState is a phone's state as a caller may know it.
type phoneState string

const (
	stateRegistered   phoneState = "registered"
	stateUnregistered phoneState = "unregistered"
	stateTaken        phoneState = "taken" // by another account, or on hold for it
	stateHeld         phoneState = "held"  // for the caller; operators see every hold
)

// A phoneObject is a phone for programs.
type phoneObject struct {
	MAC           string     `json:"mac"`
	Model         string     `json:"model"` // "" if its range is unknown
	State         phoneState `json:"state"`
	Account       store.Name `json:"account,omitempty"` // for operators
	SettingServer string     `json:"setting_server,omitempty"`
	RegisteredAt  string     `json:"registered_at,omitempty"`
	HeldUntil     string     `json:"held_until,omitempty"`
	Note          store.Note `json:"note,omitempty"` // of a registered phone
	DryRun        bool       `json:"dry_run,omitempty"`

	// Only in SHOW.
	DefaultServer store.URL         `json:"default_server,omitzero"` // the service's, of an unregistered phone
	LastContact   *contacts.Object  `json:"last_contact,omitempty"`
	Fetched       *contacts.Fetched `json:"fetched,omitempty"`
	Scan          *contacts.Scan    `json:"scan,omitempty"`
}

// phoneObject returns what the caller may know of a phone with this owner.
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
		o.State, o.HeldUntil = stateHeld, wording.MachineTime(p.HeldUntil)
	default:
		o.State, o.SettingServer, o.RegisteredAt, o.Note = stateRegistered, p.SettingServer(owner).String(), wording.MachineTime(p.Registered), p.Note
	}
	if c.by.Operates() {
		o.Account = owner.Name
	}
	return o
}

// field writes one line of an answer that consists of named fields.
func (c *call) field(name string, value any) {
	fmt.Fprintf(c.out, "%-15s %v\n", name+":", value)
}
