// Package nodes writes what operators see of the nodes of a cluster.
package nodes

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"snomredirect/sshconsole/wording"
)

// A Node is a node as it reported itself last, some seconds ago. Its JSON form is for
// programs.
type Node struct {
	Name    string    `json:"name"`
	Address string    `json:"address"` // "" if it is not known
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// ReplicaAge is for how many seconds it was not known that the node has all changes.
	ReplicaAge float64 `json:"replica_age_seconds"`
	Phones     int     `json:"phones_last_minute"` // that it answered
	Own        bool    `json:"own,omitempty"`      // it is the one that shows this
}

// current is the highest age of a replica that is not worth a look: nodes compare every
// two seconds.
const current = 10 * time.Second

// Write writes nodes for people, one on a line.
func Write(w io.Writer, all []Node) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, n := range all {
		replica, own := "current", ""
		if age := time.Duration(n.ReplicaAge * float64(time.Second)); age > current {
			replica = "as of " + age.Truncate(time.Second).String() + " ago"
		}
		if n.Own {
			own = " (this node)"
		}
		address := n.Address
		if address == "" {
			address = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\tsince %s\t%s\t%s in the last minute%s\n",
			n.Name, address, n.Version, wording.Timestamp(n.Started), replica, wording.Plural(n.Phones, "phone", "phones"), own)
	}
	return t.Flush()
}
