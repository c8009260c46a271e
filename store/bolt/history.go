package bolt

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// maxPageRanges bounds the MAC ranges of a page of entries: a single entry may
// have as many as its batch has changes.
const maxPageRanges = 10_000

// History returns up to n entries of an account, or of all accounts if account is
// 0, newest first, starting after the mark before. It returns fewer than n if they
// are long, and none at the end. If mac is not zero, it returns only the entries
// that name it, with that MAC as their only one.
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

// A merge is a heap of cursors, the one with the newest entry on top.
type merge []*cursor

// A cursor reads one account's history backwards.
type cursor struct {
	prefix []byte
	bucket *bbolt.Cursor
	k, v   []byte // the current entry; nil at the end
}

// add adds a cursor for the entries of an account after the mark, if any.
func (m *merge) add(tx *bbolt.Tx, account store.AccountID, before store.Mark) {
	c := &cursor{prefix: accountKey(account), bucket: tx.Bucket(bucketHistory).Cursor()}
	from := accountKey(account + 1)
	if !before.IsZero() {
		from = entryKey(store.Mark{Account: account, Begun: before.Begun, Number: before.Number})
		if account > before.Account { // at the same time, the highest account comes first
			from = entryKey(store.Mark{Account: account, Begun: before.Begun})
		} else if account < before.Account {
			from = entryKey(store.Mark{Account: account, Begun: before.Begun + 1})
		}
	}
	if k, _ := c.bucket.Seek(from); k == nil {
		c.k, c.v = c.bucket.Last()
		c.trim()
	} else {
		c.step()
	}
	if c.k != nil {
		*m = append(*m, c)
	}
}

func (c *cursor) step() {
	c.k, c.v = c.bucket.Prev()
	c.trim()
}

// trim ends the cursor when it has left its account's history.
func (c *cursor) trim() {
	if !bytes.HasPrefix(c.k, c.prefix) {
		c.k, c.v = nil, nil
	}
}

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m merge) Less(i, j int) bool {
	if c := bytes.Compare(m[i].k[4:12], m[j].k[4:12]); c != 0 {
		return c > 0
	}
	return bytes.Compare(m[i].prefix, m[j].prefix) > 0
}
func (m *merge) Push(x any) { *m = append(*m, x.(*cursor)) }
func (m *merge) Pop() any {
	last := len(*m) - 1
	c := (*m)[last]
	*m = (*m)[:last]
	return c
}

// putEntry appends an entry and deletes the oldest entries of its account that
// exceed the bounds.
func putEntry(tx *bbolt.Tx, e store.Entry, now time.Time) error {
	b := tx.Bucket(bucketHistory)
	if e.Audit.Begun.IsZero() {
		e.Audit.Begun = now
	}
	v, err := appendEntry(nil, e)
	if err != nil {
		return err
	}
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

// prune deletes the entries of an account that exceed the bounds, oldest first,
// after its history has grown by that many entries and bytes.
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

// pruneAll deletes expired entries of all accounts, including removed ones.
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
