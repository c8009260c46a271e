package bolt

import (
	"bytes"
	"container/heap"

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
			next.addAll(tx, account, before)
		} else if err := tx.Bucket(bucketHistorySizes).ForEach(func(k, _ []byte) error {
			next.addAll(tx, accountID(k), before)
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

// A cursor reads one class of one account's history backwards.
type cursor struct {
	prefix []byte
	bucket *bbolt.Cursor
	k, v   []byte // the current entry; nil at the end
}

// addAll adds cursors for the entries of an account after the mark, if any.
func (m *merge) addAll(tx *bbolt.Tx, account store.AccountID, before store.Mark) {
	for class := range store.Class(store.Classes) {
		m.add(historyOf(tx, class), account, before)
	}
}

func (m *merge) add(history *bbolt.Bucket, account store.AccountID, before store.Mark) {
	c := &cursor{prefix: accountKey(account), bucket: history.Cursor()}
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
	return bytes.Compare(m[i].prefix, m[j].prefix) > 0 || bytes.Equal(m[i].prefix, m[j].prefix) && bytes.Compare(m[i].k, m[j].k) > 0
}
func (m *merge) Push(x any) { *m = append(*m, x.(*cursor)) }
func (m *merge) Pop() any {
	last := len(*m) - 1
	c := (*m)[last]
	*m = (*m)[:last]
	return c
}
