package bolt

import (
	"bytes"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// mostCompared bounds the earlier entries that a new one is compared with.
const mostCompared = 256

// maxJoined is how long an entry can become by joining others. What a command adds
// to it is written with all the rest.
const maxJoined = 4 << 10

// mostCounted is by how much the number and the time of joined commands lengthen an entry.
const mostCounted = 64

// joined returns the earlier entry that e extends, extended, or none. The entry
// keeps its key, so that a reader who is at it goes on after it, and its place in
// the order of beginnings. If e is of a part of a batch, it may also extend that of another
// part, which began at the same time.
func joined(b *bbolt.Bucket, e store.Entry, part bool) (key, value []byte, err error) {
	one := e
	one.Times = 1
	head, err := head(one)
	if err != nil {
		return nil, nil, err
	}
	macs := appendRanges(nil, e.MACs)
	compared := 0
	for k, v := range earlier(b, e, store.JoinTime, part) {
		if compared++; compared > mostCompared {
			break
		}
		if sameHead(v, head) && hasRoom(v, macs) {
			next, err := extend(k, v, e)
			return slices.Clone(k), next, err
		}
	}
	return nil, nil, nil
}

// hasRoom reports whether an entry can be extended by MACs as they are encoded: whether it
// stays short, or has the same. A long list thus takes no longer the more of it there is.
func hasRoom(v, macs []byte) bool {
	_, own := divide(v)
	return len(v)+len(macs)+mostCounted <= maxJoined || bytes.Equal(own, macs)
}

// checkOwnChanges returns store.ErrTooManyChanges if a is a partner's account that has
// changed itself too often within a day.
func checkOwnChanges(tx *bbolt.Tx, a store.Account, audit store.Audit, now time.Time) error {
	if a.Role == store.Operator || audit.Name != a.Name {
		return nil
	}
	n := 0
	next := store.Entry{Account: a.ID, Audit: store.Audit{Begun: now}}
	for _, v := range earlier(historyOf(tx, store.AboutAccounts), next, 24*time.Hour, false) {
		if hasField(v, "by", string(a.Name)) {
			n++
		}
	}
	if n >= store.MaxOwnChanges {
		return store.ErrTooManyChanges
	}
	return nil
}

// earlier returns the entries of e's account that began before e, or if same is set with e,
// but no longer than age before, latest first.
func earlier(b *bbolt.Bucket, e store.Entry, age time.Duration, same bool) func(yield func(k, v []byte) bool) {
	first := entryKey(store.Mark{Account: e.Account, Begun: e.Audit.Begun.Add(-age).UnixNano()})
	last := e.Audit.Begun.UnixNano()
	if same {
		last++
	}
	end := entryKey(store.Mark{Account: e.Account, Begun: last})
	return func(yield func(k, v []byte) bool) {
		c := b.Cursor()
		k, v := c.Seek(end)
		if k == nil {
			k, v = c.Last()
		}
		for ; k != nil && bytes.Compare(k, first) >= 0; k, v = c.Prev() {
			if bytes.Compare(k, end) < 0 && !yield(k, v) {
				return
			}
		}
	}
}

// extend returns an entry's value with a later command e in it. The batches of one
// command count once.
func extend(k, v []byte, e store.Entry) ([]byte, error) {
	text, macs := divide(v)
	old, err := decodeHead(k, text)
	if err != nil {
		return nil, err
	}
	begun := e.Audit.Begun
	if e.Times = old.Times; !old.Last.Equal(begun) {
		e.Times++
	}
	e.Last = begun
	if old.Last.After(begun) {
		e.Last = old.Last
	}
	all, err := union(macs, e.MACs)
	if err != nil {
		return nil, err
	}
	e.MACs = nil
	v, err = appendEntry(nil, e)
	return append(v, all...), err
}
