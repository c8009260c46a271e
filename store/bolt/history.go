package bolt

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// The history of an account is in the order of time: its keys are the account,
// when the command began, and a number that tells apart what it did in several
// transactions. It is read backwards, so that number counts down.

var errEntry = errors.New("bolt: a record of the history is damaged")

// entryHead is the JSON in front of an entry's MACs.
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
}

// maxPageRanges bounds the MACs of a page of entries, as ranges: one entry may
// have as many as its batch.
const maxPageRanges = 10_000

// History returns entries of an account, or of all accounts where that is 0,
// newest first, from behind the mark before on: about n of them, fewer where
// they are long, none at the end. With a MAC it returns those that name it, and
// names no other in them.
func (db *DB) History(account store.AccountID, mac macaddr.Addr, before store.Mark, n int) (page []store.Entry, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		var next merge
		if account != 0 {
			next.add(tx, account, before)
		} else if err := tx.Bucket(bucketHistorySizes).ForEach(func(k, _ []byte) error {
			next.add(tx, accountID(k), before)
			return nil
		}); err != nil {
			return err
		}
		heap.Init(&next)
		ranges := 0
		for len(next) > 0 && len(page) < n && ranges < maxPageRanges {
			if e, ok, err := decodeEntry(next[0].k, next[0].v, mac); err != nil {
				return err
			} else if ok {
				page = append(page, e)
				ranges += len(e.MACs)
			}
			if next[0].step(); next[0].k == nil {
				heap.Pop(&next)
			} else {
				heap.Fix(&next, 0)
			}
		}
		return nil
	})
	return page, err
}

// merge is a heap of accounts' histories, the one with the merge entry on top.
type merge []*cursor

// cursor goes through one account's history, backwards.
type cursor struct {
	prefix []byte
	c      *bbolt.Cursor
	k, v   []byte
}

// add adds what an account has behind the mark.
func (h *merge) add(tx *bbolt.Tx, account store.AccountID, before store.Mark) {
	o := &cursor{prefix: accountKey(account), c: tx.Bucket(bucketHistory).Cursor()}
	from := accountKey(account + 1)
	if !before.IsZero() {
		from = entryKey(store.Mark{Account: account, Begun: before.Begun, Number: before.Number})
		if account > before.Account { // of one time, the highest account comes first
			from = entryKey(store.Mark{Account: account, Begun: before.Begun})
		} else if account < before.Account {
			from = entryKey(store.Mark{Account: account, Begun: before.Begun + 1})
		}
	}
	if k, _ := o.c.Seek(from); k == nil {
		o.k, o.v = o.c.Last()
		o.trim()
	} else {
		o.step()
	}
	if o.k != nil {
		*h = append(*h, o)
	}
}

func (o *cursor) step() {
	o.k, o.v = o.c.Prev()
	o.trim()
}

func (o *cursor) trim() {
	if !bytes.HasPrefix(o.k, o.prefix) {
		o.k, o.v = nil, nil
	}
}

func (h merge) Len() int      { return len(h) }
func (h merge) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h merge) Less(i, j int) bool {
	if c := bytes.Compare(h[i].k[4:12], h[j].k[4:12]); c != 0 {
		return c > 0
	}
	return bytes.Compare(h[i].prefix, h[j].prefix) > 0
}
func (h *merge) Push(x any) { *h = append(*h, x.(*cursor)) }
func (h *merge) Pop() any {
	last := len(*h) - 1
	o := (*h)[last]
	*h = (*h)[:last]
	return o
}

// putEntry appends an entry and forgets the oldest of its account beyond the
// bounds.
func putEntry(tx *bbolt.Tx, e store.Entry, now time.Time) error {
	b := tx.Bucket(bucketHistory)
	if e.Audit.Begun.IsZero() {
		e.Audit.Begun = now
	}
	head, err := json.Marshal(entryHead{e.Name, e.Audit.Name, e.Audit.RemoteAddr, e.Audit.Credential, e.Audit.Agent, e.Audit.Command, e.Audit.Detail, e.Other, e.Away})
	if err != nil {
		return err
	}
	v := append(binary.AppendUvarint(nil, uint64(len(head))), head...)
	v = appendRanges(v, e.MACs)
	number, err := b.NextSequence()
	if err != nil {
		return err
	}
	k := entryKey(store.Mark{Account: e.Account, Begun: e.Audit.Begun.UnixNano(), Number: ^uint32(number)})
	if err := b.Put(k, v); err != nil {
		return err
	}
	return prune(tx, e.Account, 1, len(k)+len(v), now)
}

// prune forgets what is beyond the bounds of an account's history, which has
// just grown by that much.
func prune(tx *bbolt.Tx, account store.AccountID, entries, size int, now time.Time) error {
	key := accountKey(account)
	sizes := tx.Bucket(bucketHistorySizes)
	v := sizes.Get(key)
	if v != nil {
		e, n := binary.Uvarint(v)
		if n <= 0 {
			return errEntry
		}
		s, m := binary.Uvarint(v[n:])
		if m <= 0 {
			return errEntry
		}
		entries, size = entries+int(e), size+int(s)
	}
	oldest := entryKey(store.Mark{Account: account, Begun: now.Add(-store.HistoryAge).UnixNano()})
	c := tx.Bucket(bucketHistory).Cursor()
	for {
		k, v := c.Seek(key)
		if !bytes.HasPrefix(k, key) {
			return sizes.Delete(key)
		}
		if entries <= store.HistoryEntries && size <= store.HistoryBytes && string(k) > string(oldest) {
			break
		}
		entries, size = entries-1, size-len(k)-len(v)
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return sizes.Put(key, binary.AppendUvarint(binary.AppendUvarint(nil, uint64(entries)), uint64(size)))
}

// pruneAll forgets what is too old, of accounts that are gone too.
func pruneAll(tx *bbolt.Tx, now time.Time) error {
	var accounts []store.AccountID
	_ = tx.Bucket(bucketHistorySizes).ForEach(func(k, _ []byte) error {
		accounts = append(accounts, accountID(k))
		return nil
	})
	for _, id := range accounts {
		if err := prune(tx, id, 0, 0, now); err != nil {
			return err
		}
	}
	return nil
}

func entryKey(m store.Mark) []byte {
	k := binary.BigEndian.AppendUint64(accountKey(m.Account), uint64(m.Begun))
	return binary.BigEndian.AppendUint32(k, m.Number)
}

// decodeEntry reads an entry; not ok is one that does not name mac, if that is
// asked for.
func decodeEntry(k, v []byte, mac macaddr.Addr) (e store.Entry, ok bool, err error) {
	n, size := binary.Uvarint(v)
	if len(k) != 16 || size <= 0 || n > uint64(len(v)-size) {
		return e, false, errEntry
	}
	macs := v[size+int(n):]
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
	if err := json.Unmarshal(v[size:size+int(n)], &head); err != nil {
		return e, false, errEntry
	}
	e.Mark = store.Mark{Account: accountID(k), Begun: int64(binary.BigEndian.Uint64(k[4:])), Number: binary.BigEndian.Uint32(k[12:])}
	e.Account, e.Name, e.Other, e.Away = e.Mark.Account, head.Account, head.Other, head.Away
	e.Audit = store.Audit{Name: head.By, RemoteAddr: head.From, Credential: head.With, Agent: head.Agent, Command: head.What, Detail: head.Detail, Begun: time.Unix(0, e.Mark.Begun).UTC()}
	return e, true, nil
}

// appendRanges appends ordered ranges, each as its distance from the end of the
// one before and its length less one.
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

// eachRange calls f for what appendRanges wrote.
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

// number is an address as the number that its bytes are.
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
