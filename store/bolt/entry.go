package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
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
	}
	if e.Times > 1 {
		h.Times, h.Last = e.Times, e.Last.UnixNano()
	}
	return json.Marshal(h)
}

// headOf returns the head of an entry's value, or nil if the value is damaged.
func headOf(v []byte) []byte {
	n, size := binary.Uvarint(v)
	if size <= 0 || n > uint64(len(v)-size) {
		return nil
	}
	return v[size : size+int(n)]
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
	text := headOf(v)
	if len(k) != 16 || text == nil {
		return e, false, errEntry
	}
	_, size := binary.Uvarint(v)
	macs := v[size+len(text):]
	if mac.IsValid() {
		found := false
		if err := eachRange(macs, func(r macaddr.Range) { found = found || r.Contains(mac) }); err != nil || !found {
			return e, false, err
		}
		e.MACs = []macaddr.Range{{First: mac, Last: mac}}
	} else if err := eachRange(macs, func(r macaddr.Range) { e.MACs = append(e.MACs, r) }); err != nil {
		return e, false, err
	}
	var head entryHead
	if err := json.Unmarshal(text, &head); err != nil {
		return e, false, errEntry
	}
	e.Mark = store.Mark{Account: accountID(k), Begun: int64(binary.BigEndian.Uint64(k[4:])), Number: binary.BigEndian.Uint32(k[12:])}
	e.Account, e.Name, e.Other, e.Away, e.Was = e.Mark.Account, head.Account, head.Other, head.Away, store.RestoreURL(head.Was)
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
	return e, true, nil
}

// union returns what either of two lists of sorted ranges contains.
func union(a, b []macaddr.Range) (all []macaddr.Range) {
	sorted := slices.Concat(a, b)
	slices.SortFunc(sorted, func(r, s macaddr.Range) int { return r.First.Compare(s.First) })
	for _, r := range sorted {
		if n := len(all); n > 0 {
			if joined, ok := all[n-1].Join(r); ok {
				all[n-1] = joined
				continue
			}
		}
		all = append(all, r)
	}
	return all
}

// appendRanges appends sorted ranges, each as its distance from the end of the
// previous one and its length minus one.
func appendRanges(b []byte, ranges []macaddr.Range) []byte {
	last := uint64(0)
	for _, r := range ranges {
		first := number(r.First)
		b = binary.AppendUvarint(b, first-last)
		b = binary.AppendUvarint(b, uint64(r.Len()-1))
		last = number(r.Last)
	}
	return b
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
		first, err1 := fromNumber(last + distance)
		end, err2 := fromNumber(last + distance + more)
		if err1 != nil || err2 != nil {
			return errEntry
		}
		f(macaddr.Range{First: first, Last: end})
		last += distance + more
	}
	return nil
}

// number returns the bytes of an address as a big-endian number.
func number(a macaddr.Addr) uint64 {
	b := a.As6()
	return uint64(binary.BigEndian.Uint16(b[:]))<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}

func fromNumber(n uint64) (macaddr.Addr, error) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	if b[0] != 0 || b[1] != 0 {
		return macaddr.Addr{}, errEntry
	}
	return macaddr.From6([6]byte(b[2:]))
}
