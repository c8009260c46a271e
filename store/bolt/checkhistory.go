package bolt

import (
	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A historyWalk reads a bucket whose keys begin with an account.
type historyWalk struct {
	name   []byte
	cursor *bbolt.Cursor
	k, v   []byte // nil at the end
}

// checkHistories counts the entries of all histories, and compares their sizes with the
// stored ones. All buckets are sorted by account, so they are read in step.
func (c *check) checkHistories() {
	names := [store.Classes][]byte{bucketHistory} // of a schema without classes
	if c.Schema >= 4 {
		names = [store.Classes][]byte{store.AboutAccounts: bucketHistoryAccounts, store.AboutPhones: bucketHistory, store.FromStrangers: bucketHistoryStrangers}
	}
	if c.Schema >= 5 {
		names[store.AboutFiles] = bucketHistoryFiles
	}
	var walks [store.Classes]*historyWalk
	for class, name := range names {
		walks[class] = c.walk(name, 16)
	}
	sizes := c.walk(bucketHistorySizes, 4)
	for {
		id, ok := lowest(append(walks[:], sizes))
		if !ok {
			return
		}
		var actual [store.Classes]size
		for class, w := range walks {
			for ; w.at(id); c.next(w, 16) {
				actual[class].entries++
				actual[class].bytes += len(w.k) + len(w.v)
				c.checkEntry(store.Class(class), w.k, w.v)
			}
			c.Entries += actual[class].entries
		}
		var stored [store.Classes]size
		var err error
		if sizes.at(id) {
			stored, err = decodeSizes(sizes.v)
			c.next(sizes, 4)
		}
		if err != nil || stored != actual {
			c.add("the stored size of the history of %s is wrong", c.name(id))
		}
	}
}

func (c *check) checkEntry(class store.Class, k, v []byte) {
	e, _, err := decodeEntry(k, v, macaddr.Addr{})
	switch {
	case err != nil:
		c.add("an entry in the history of %s is damaged", c.name(accountID(k)))
	case c.Schema >= 4 && e.Class() != class:
		c.add("an entry in the history of %s is among those of another class", c.name(accountID(k)))
	}
}

// walk begins to read a bucket whose keys have that length. Without a name or a bucket,
// there is nothing to read.
func (c *check) walk(name []byte, length int) *historyWalk {
	w := &historyWalk{name: name}
	if name == nil || c.tx.Bucket(name) == nil {
		return w
	}
	w.cursor = c.tx.Bucket(name).Cursor()
	w.k, w.v = w.cursor.First()
	c.skip(w, length)
	return w
}

func (c *check) next(w *historyWalk, length int) {
	w.k, w.v = w.cursor.Next()
	c.skip(w, length)
}

// skip reports keys of another length and goes on after them.
func (c *check) skip(w *historyWalk, length int) {
	for ; w.k != nil && len(w.k) != length; w.k, w.v = w.cursor.Next() {
		c.add("the bucket %s has a wrong key %s", w.name, shown(w.k))
	}
}

// at reports whether w is at a record of an account.
func (w *historyWalk) at(id store.AccountID) bool { return w.k != nil && accountID(w.k) == id }

// lowest returns the lowest account that any of the walks is at.
func lowest(walks []*historyWalk) (id store.AccountID, ok bool) {
	for _, w := range walks {
		if w.k != nil && (!ok || accountID(w.k) < id) {
			id, ok = accountID(w.k), true
		}
	}
	return id, ok
}
