package shell

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Visit is an open session of the console.
type Visit struct {
	ID               int // not used again while the service runs
	Account          store.Name
	Credential, From string // as in a [Caller]
	Since            time.Time
	Command          string // that runs now, without its arguments; "" for none
	Own              bool   // it is the caller's
}

// Visitors are the open sessions of the service. Its methods may be called
// concurrently.
type Visitors interface {
	// Visits returns them in the order of their IDs.
	Visits() []Visit
	// End shows why to the client of a session, and then closes its connection. It
	// returns at once: false if there is no such session.
	End(id int, why string) bool
}

type visitObject struct {
	ID         int        `json:"id"`
	Account    store.Name `json:"account"`
	From       string     `json:"from"`
	Credential string     `json:"credential"`
	Since      string     `json:"since"`
	Command    string     `json:"command"` // "" for none
	Own        bool       `json:"own,omitempty"`
}

// who lists the open sessions.
func who(c *call) error {
	if c.Visitors == nil {
		return refused(codeInternal, "WHO is not available here.")
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, v := range c.Visitors.Visits() {
		if c.json {
			c.object(visitObject{v.ID, v.Account, v.From, v.Credential, wording.MachineTime(v.Since), v.Command, v.Own})
			continue
		}
		does := v.Command
		if does == "" {
			does = "at the prompt"
		}
		if v.Own {
			does += " (this session)"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", v.ID, v.Account, v.From, wording.Timestamp(v.Since), does)
	}
	return w.Flush()
}

type endedObject struct {
	ID     int  `json:"id"`
	Ended  bool `json:"ended"`
	DryRun bool `json:"dry_run,omitempty"`
}

// whoEnd ends a session, with all others of its connection.
func whoEnd(c *call) error {
	if c.Visitors == nil {
		return refused(codeInternal, "WHO is not available here.")
	}
	id, err := strconv.Atoi(c.args[0])
	if err != nil {
		return misunderstood(codeUsage, "%q: expected the number of a session, as WHO shows it.", c.args[0])
	}
	there := false
	for _, v := range c.Visitors.Visits() {
		there = there || v.ID == id
	}
	why := "Closed by an operator."
	if len(c.list) > 0 {
		why = "Closed by an operator: " + store.Printable(strings.Join(c.list, " "))
	}
	if !there || !c.dryRun && !c.Visitors.End(id, why) {
		return refused(codeNotFound, "There is no session %d: WHO shows the sessions.", id)
	}
	c.answer(endedObject{id, !c.dryRun, c.dryRun}, "Session %d %s.\n", id, c.did("ended"))
	return nil
}
