package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

var errEntry = errors.New("bolt: a record of the history is damaged")

// entryHead is the JSON that precedes an entry's MACs.
type entryHead struct {
	Account store.Name `json:"account"`
	By      store.Name `json:"by,omitempty"`
	From    string     `json:"from,omitempty"`
	With    string     `json:"with,omitempty"`
	Agent   string     `json:"agent,omitempty"`
	What    string     `json:"what"`
	Detail  string     `json:"detail,omitempty"`
	Other   store.Name `json:"other,omitempty"`
	Away    bool       `json:"away,omitempty"`
	Was     string     `json:"was,omitempty"`
	Node    string     `json:"node,omitempty"`
	// The last fields, for [sameHead].
	Times int   `json:"times,omitempty"` // 0 is 1
	Last  int64 `json:"last,omitempty"`  // Unix nanoseconds, if Times is more than 1
}

// head returns the head of an entry as JSON.
func head(e store.Entry) ([]byte, error) {
	h := entryHead{
		Account: e.Name,
		By:      e.Audit.Name,
		From:    e.Audit.RemoteAddr,
		With:    e.Audit.Credential,
		Agent:   e.Audit.Agent,
		What:    e.Audit.Command,
		Detail:  e.Audit.Detail,
		Other:   e.Other,
		Away:    e.Away,
		Was:     e.Was.String(),
		Node:    e.Node,
	}
	if e.Times > 1 {
		h.Times, h.Last = e.Times, e.Last.UnixNano()
	}
	return json.Marshal(h)
}

// headOf returns the head of an entry's value, or nil if the value is damaged.
func headOf(v []byte) []byte {
	head, _ := divide(v)
	return head
}

// divide returns the head of an entry's value and the MACs behind it, or nil if the value is
// damaged.
func divide(v []byte) (head, macs []byte) {
	n, size := binary.Uvarint(v)
	if size <= 0 || n > uint64(len(v)-size) {
		return nil, nil
	}
	return v[size : size+int(n)], v[size+int(n):]
}

// sameHead reports whether an entry's value has this head, which is that of one
// command, but for the number and the time of the commands that it joins.
func sameHead(v, head []byte) bool {
	rest, ok := bytes.CutPrefix(headOf(v), head[:len(head)-1])
	return ok && (string(rest) == "}" || bytes.HasPrefix(rest, []byte(`,"times":`)))
}

// hasField reports whether the head of an entry's value has a text in a field; an
// empty text is left out. Within a text, JSON escapes the quotes.
func hasField(v []byte, field, text string) bool {
	if text == "" {
		return !bytes.Contains(headOf(v), []byte(`"`+field+`":`))
	}
	quoted, _ := json.Marshal(text) // a string
	return bytes.Contains(headOf(v), append([]byte(`"`+field+`":`), quoted...))
}

// entryKey returns the key of an entry: the account, the time at which the command
// began, and a number that distinguishes the entries of a command's transactions.
// An account's history is thus sorted by time. It is read backwards, so the number
// counts down.
func entryKey(m store.Mark) []byte {
	k := binary.BigEndian.AppendUint64(accountKey(m.Account), uint64(m.Begun))
	return binary.BigEndian.AppendUint32(k, m.Number)
}

// appendEntry appends an entry's value: its head, preceded by its length, and its
// MACs.
func appendEntry(b []byte, e store.Entry) ([]byte, error) {
	head, err := head(e)
	b = binary.AppendUvarint(b, uint64(len(head)))
	return appendRanges(append(b, head...), e.MACs), err
}

// decodeEntry decodes an entry. If mac is not zero and the entry does not name it,
// ok is false.
func decodeEntry(k, v []byte, mac macaddr.Addr) (e store.Entry, ok bool, err error) {
	text, macs := divide(v)
	if len(k) != 16 || text == nil {
		return e, false, errEntry
	}
	var all []macaddr.Range
	if mac.IsValid() {
		found := false
		if err := eachRange(macs, func(r macaddr.Range) { found = found || r.Contains(mac) }); err != nil || !found {
			return e, false, err
		}
		all = []macaddr.Range{{First: mac, Last: mac}}
	} else if err := eachRange(macs, func(r macaddr.Range) { all = append(all, r) }); err != nil {
		return e, false, err
	}
	e, err = decodeHead(k, text)
	e.MACs = all
	return e, err == nil, err
}

// decodeHead decodes all of an entry but its MACs.
func decodeHead(k, text []byte) (e store.Entry, err error) {
	var head entryHead
	if err := json.Unmarshal(text, &head); err != nil {
		return e, errEntry
	}
	e.Mark = store.Mark{Account: accountID(k), Begun: int64(binary.BigEndian.Uint64(k[4:])), Number: binary.BigEndian.Uint32(k[12:])}
	e.Account, e.Name, e.Other, e.Away, e.Was, e.Node = e.Mark.Account, head.Account, head.Other, head.Away, store.RestoreURL(head.Was), head.Node
	e.Audit = store.Audit{
		Name:       head.By,
		RemoteAddr: head.From,
		Credential: head.With,
		Agent:      head.Agent,
		Command:    head.What,
		Detail:     head.Detail,
		Begun:      time.Unix(0, e.Mark.Begun).UTC(),
	}
	e.Times, e.Last = 1, e.Audit.Begun
	if head.Times > 1 {
		e.Times, e.Last = head.Times, time.Unix(0, head.Last).UTC()
	}
	return e, nil
}

// appendRanges appends sorted ranges, each as its distance from the end of the
// previous one and its length minus one.
func appendRanges(b []byte, ranges []macaddr.Range) []byte {
	last := uint64(0)
	for _, r := range ranges {
		b = appendRange(b, r, last)
		last = r.Last.Uint64()
	}
	return b
}

// appendRange appends a range that comes after another one, which ends at last, or 0.
func appendRange(b []byte, r macaddr.Range, last uint64) []byte {
	b = binary.AppendUvarint(b, r.First.Uint64()-last)
	return binary.AppendUvarint(b, uint64(r.Len()-1))
}

// eachRange calls f for each range that appendRanges wrote.
func eachRange(b []byte, f func(macaddr.Range)) error {
	last := uint64(0)
	for len(b) > 0 {
		distance, n := binary.Uvarint(b)
		if n <= 0 {
			return errEntry
		}
		b = b[n:]
		more, n := binary.Uvarint(b)
		if n <= 0 || distance >= 1<<48 || more >= 1<<24 {
			return errEntry
		}
		b = b[n:]
		first, err1 := macaddr.FromUint64(last + distance)
		end, err2 := macaddr.FromUint64(last + distance + more)
		if err1 != nil || err2 != nil {
			return errEntry
		}
		f(macaddr.Range{First: first, Last: end})
		last += distance + more
	}
	return nil
}

// union returns what either encoded, which appendRanges wrote, or ranges contain, which
// are sorted too, as appendRanges would write it.
func union(encoded []byte, ranges []macaddr.Range) ([]byte, error) {
	b := make([]byte, 0, len(encoded)+16*len(ranges))
	var open macaddr.Range // the last one so far, which the next one may extend
	last := uint64(0)      // the end of the one before it
	add := func(r macaddr.Range) {
		if joined, ok := open.Join(r); ok {
			open = joined
			return
		}
		if open.Len() > 0 {
			b = appendRange(b, open, last)
			last = open.Last.Uint64()
		}
		open = r
	}
	err := eachRange(encoded, func(r macaddr.Range) {
		for len(ranges) > 0 && ranges[0].First.Compare(r.First) < 0 {
			add(ranges[0])
			ranges = ranges[1:]
		}
		add(r)
	})
	for _, r := range ranges {
		add(r)
	}
	add(macaddr.Range{})
	return b, err
}
