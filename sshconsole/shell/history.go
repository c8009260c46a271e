package shell

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// historyPage is about how many entries are read at once.
const historyPage = 100

// maxShownRanges bounds the ranges of an entry that a line of text shows. Programs
// get all of them.
const maxShownRanges = 16

// showHistory shows the changes of the caller's account and phones, newest first;
// an operator sees those of all accounts.
func showHistory(c *call) error {
	id, err := c.scope()
	if err != nil {
		return err
	}
	var mac macaddr.Addr
	if c.args[0] != "" {
		if mac, err = c.mac(c.args[0]); err != nil {
			return err
		}
	}
	w := entryWriter{call: c}
	defer w.end()
	var mark store.Mark
	for {
		page, err := c.Registry.History(id, mac, mark, historyPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			w.add(e)
			mark = e.Mark
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
	}
}

// An entryWriter writes the history as it is read. The entries that one command
// made in many transactions become one line, which is never in memory as a whole.
type entryWriter struct {
	*call
	open   *store.Entry  // the entry of the current line
	phones int           // in the line
	ranges int           // of the line, that are written
	last   macaddr.Range // not written yet: the next range may extend it
}

// add writes an entry, or extends the line of the previous one.
func (w *entryWriter) add(e store.Entry) {
	if w.open == nil || !sameCommand(*w.open, e) {
		w.end()
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
}

func (w *entryWriter) writeLast() {
	if w.last.Len() == 0 {
		return
	}
	w.ranges++
	switch {
	case w.json && w.ranges > 1:
		fmt.Fprintf(w.out, `,"%v"`, w.last)
	case w.json:
		fmt.Fprintf(w.out, `,"macs":["%v"`, w.last)
	case w.ranges <= maxShownRanges:
		fmt.Fprintf(w.out, " %v", w.last)
	}
	w.last = macaddr.Range{}
}

func sameCommand(a, b store.Entry) bool {
	return a.Account == b.Account && a.Other == b.Other && a.Away == b.Away && a.Audit.Begun.Equal(b.Audit.Begun) &&
		a.Audit.Name == b.Audit.Name && a.Audit.RemoteAddr == b.Audit.RemoteAddr && a.Audit.Credential == b.Audit.Credential && a.Audit.Agent == b.Audit.Agent &&
		a.Audit.Command == b.Audit.Command && a.Audit.Detail == b.Audit.Detail
}

type entryObject struct {
	Time    string     `json:"time"`
	Account store.Name `json:"account,omitempty"` // whose history it is, for operators
	By      string     `json:"by"`
	From    string     `json:"from,omitempty"`
	Key     string     `json:"key,omitempty"`
	Agent   string     `json:"user_agent,omitempty"`
	Command string     `json:"command"`
	Detail  string     `json:"detail,omitempty"`
	// The account that phones went to or came from.
	To  string `json:"transferred_to,omitempty"`
	Off string `json:"transferred_from,omitempty"`
}

// entryObject returns what the caller may know of an entry: partners learn neither
// who the operators are nor anything of other accounts.
func (c *call) entryObject(e store.Entry) entryObject {
	o := entryObject{Time: machineTime(e.Audit.Begun), Account: e.Name, By: string(e.Audit.Name), From: e.Audit.RemoteAddr, Key: e.Audit.Credential, Agent: e.Audit.Agent,
		Command: e.Audit.Command, Detail: e.Audit.Detail}
	other := string(e.Other)
	if !c.by.Operates() {
		o.Account = ""
		if e.Audit.Name != c.by.Name {
			o.By, o.From, o.Key, o.Agent = "an operator", "", "", ""
		}
		if other != "" {
			other = "another account"
		}
	}
	if e.Audit.Name == "" {
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
func (w *entryWriter) begin(e store.Entry) {
	o := w.entryObject(e)
	if w.json {
		text, _ := json.Marshal(o) // strings only
		w.out.Write(text[:len(text)-1])
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
	fmt.Fprintf(w.out, "%s %s%s: %s", timestamp(e.Audit.Begun), o.By, from, o.Command)
	if o.Account != "" {
		fmt.Fprintf(w.out, " [%s]", o.Account)
	}
}

// end writes what follows the MACs.
func (w *entryWriter) end() {
	if w.open == nil {
		return
	}
	w.writeLast()
	o := w.entryObject(*w.open)
	switch {
	case w.json && w.ranges > 0:
		fmt.Fprintf(w.out, `],"phones":%d}`+"\n", w.phones)
	case w.json:
		io.WriteString(w.out, "}\n")
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
		if tail != nil {
			io.WriteString(w.out, " "+strings.Join(tail, ", "))
		}
		w.out.WriteByte('\n')
	}
	w.open = nil
}
