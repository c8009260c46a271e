// Package entries writes the history's entries as lines, for people or for programs.
package entries

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// maxShownRanges bounds the ranges of an entry that a line of text shows. Programs
// get all of them.
const maxShownRanges = 16

// A Writer writes entries as they are read. Those that one command made in many
// transactions become one line, which is never in memory as a whole. The first three
// fields must be set.
type Writer struct {
	Out  *bufio.Writer
	JSON bool
	By   store.Account // who reads: it decides what is shown
	// Limit is how many lines are written. If 0, all are.
	Limit int

	lines  int           // that were begun
	full   bool          // there is more than Limit allows
	open   *store.Entry  // the entry of the current line
	phones int           // in the line
	ranges int           // of the line, that are written
	last   macaddr.Range // not written yet: the next range may extend it
}

// Add writes an entry, or extends the line of the previous one. It returns false once
// there are as many lines as the limit allows.
func (w *Writer) Add(e store.Entry) (more bool) {
	if w.open == nil || !sameCommand(*w.open, e) {
		w.End()
		w.full = w.full || w.Limit > 0 && w.lines == w.Limit
		if w.full {
			return false
		}
		w.lines++
		w.open, w.phones, w.ranges = &e, 0, 0
		w.begin(e)
	}
	for _, r := range e.MACs {
		if joined, ok := w.last.Join(r); ok {
			w.phones += joined.Len() - w.last.Len()
			w.last = joined
			continue
		}
		w.phones += r.Len()
		w.writeLast()
		w.last = r
	}
	return true
}

// Full reports whether there was more than the limit allows.
func (w *Writer) Full() bool { return w.full }

func (w *Writer) writeLast() {
	if w.last.Len() == 0 {
		return
	}
	w.ranges++
	switch {
	case w.JSON && w.ranges > 1:
		fmt.Fprintf(w.Out, `,"%v"`, w.last)
	case w.JSON:
		fmt.Fprintf(w.Out, `,"macs":["%v"`, w.last)
	case w.ranges <= maxShownRanges:
		fmt.Fprintf(w.Out, " %v", w.last)
	}
	w.last = macaddr.Range{}
}

func sameCommand(a, b store.Entry) bool {
	return a.Times == b.Times && a.Was == b.Was && a.Last.Equal(b.Last) && a.Account == b.Account && a.Other == b.Other && a.Away == b.Away && a.Node == b.Node && a.Audit.Begun.Equal(b.Audit.Begun) &&
		a.Audit.Name == b.Audit.Name && a.Audit.RemoteAddr == b.Audit.RemoteAddr && a.Audit.Credential == b.Audit.Credential && a.Audit.Agent == b.Audit.Agent &&
		a.Audit.Command == b.Audit.Command && a.Audit.Detail == b.Audit.Detail
}

// An object is an entry for programs, but for its MACs.
type object struct {
	Time    string     `json:"time"`
	Account store.Name `json:"account,omitempty"` // whose history it is, for operators
	By      string     `json:"by"`
	From    string     `json:"from,omitempty"`
	Key     string     `json:"key,omitempty"`
	Agent   string     `json:"user_agent,omitempty"`
	Node    string     `json:"node,omitempty"` // on which the command ran, for operators
	Command string     `json:"command"`
	Detail  string     `json:"detail,omitempty"`
	// The account that phones went to or came from.
	To  string `json:"transferred_to,omitempty"`
	Off string `json:"transferred_from,omitempty"`
	Was string `json:"was,omitempty"`
	// If the entry records several commands.
	Times int    `json:"times,omitempty"`
	Last  string `json:"last,omitempty"`
}

// object returns what the reader may know of an entry: partners learn neither
// who the operators are, nor of nodes, nor anything of other accounts.
func (w *Writer) object(e store.Entry) object {
	o := object{Time: wording.MachineTime(e.Audit.Begun), Account: e.Name, By: string(e.Audit.Name), From: e.Audit.RemoteAddr, Key: e.Audit.Credential, Agent: e.Audit.Agent,
		Command: e.Audit.Command, Detail: e.Audit.Detail, Was: e.Was.String(), Node: e.Node}
	if e.Times > 1 {
		o.Times, o.Last = e.Times, wording.MachineTime(e.Last)
	}
	other := string(e.Other)
	if !w.By.Operates() {
		o.Account, o.Node = "", ""
		if e.Audit.Name != w.By.Name && e.Class() != store.FromStrangers {
			o.By, o.From, o.Key, o.Agent = "an operator", "", "", ""
		}
		if other != "" {
			other = "another account"
		}
	}
	switch {
	case e.Audit.Name == "" && strings.HasPrefix(e.Audit.Command, "CLAIM") && e.Audit.Command != store.CommandClaimProven:
		o.By = "another account" // the other party of a claim
	case e.Audit.Name == "":
		o.By = "the service"
	}
	if e.Away {
		o.To = other
	} else {
		o.Off = other
	}
	return o
}

// begin writes what precedes the MACs.
func (w *Writer) begin(e store.Entry) {
	o := w.object(e)
	if w.JSON {
		text, _ := json.Marshal(o) // strings only
		w.Out.Write(text[:len(text)-1])
		return
	}
	from := ""
	if o.From != "" {
		from = " from " + o.From
	}
	if o.Key != "" {
		from += " by " + o.Key
	}
	if o.Agent != "" {
		from += fmt.Sprintf(" with %q", o.Agent)
	}
	if o.Node != "" {
		from += " on " + o.Node
	}
	fmt.Fprintf(w.Out, "%s %s%s: %s", wording.Timestamp(e.Audit.Begun), o.By, from, o.Command)
	if o.Account != "" {
		fmt.Fprintf(w.Out, " [%s]", o.Account)
	}
}

// End writes the rest of the last line.
func (w *Writer) End() {
	if w.open == nil {
		return
	}
	w.writeLast()
	o := w.object(*w.open)
	switch {
	case w.JSON && w.ranges > 0:
		fmt.Fprintf(w.Out, `],"phones":%d}`+"\n", w.phones)
	case w.JSON:
		io.WriteString(w.Out, "}\n")
	default:
		var tail []string
		if w.ranges > maxShownRanges {
			tail = append(tail, fmt.Sprintf("and more, %d phones in all", w.phones))
		}
		if o.To != "" {
			tail = append(tail, "to "+o.To)
		}
		if o.Off != "" {
			tail = append(tail, "from "+o.Off)
		}
		if o.Detail != "" {
			tail = append(tail, o.Detail)
		}
		if o.Was != "" && !strings.HasPrefix(o.Detail, o.Was+" ") { // as RETARGET has it
			tail = append(tail, "before: "+o.Was)
		}
		if o.Times > 1 {
			tail = append(tail, fmt.Sprintf("%d times, last at %s", o.Times, wording.Timestamp(w.open.Last)))
		}
		if tail != nil {
			io.WriteString(w.Out, " "+strings.Join(tail, ", "))
		}
		w.Out.WriteByte('\n')
	}
	w.open = nil
}
