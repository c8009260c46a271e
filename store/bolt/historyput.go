package bolt

import (
	"bytes"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/store"
)

// historyBucket returns the name of the bucket of a class of entries.
func historyBucket(class store.Class) []byte {
	switch class {
	case store.AboutAccounts:
		return bucketHistoryAccounts
	case store.FromStrangers:
		return bucketHistoryStrangers
	case store.AboutFiles:
		return bucketHistoryFiles
	}
	return bucketHistory
}

// historyOf returns the bucket of a class of entries.
func historyOf(tx *bbolt.Tx, class store.Class) *bbolt.Bucket { return tx.Bucket(historyBucket(class)) }

// putEntry adds an entry of this node, or extends an earlier one, and deletes the oldest
// entries of its account and class that exceed the bounds.
func putEntry(tx *writeTx, e store.Entry, now time.Time) error {
	return addEntry(tx, e, now, false)
}

// addEntry is putEntry. If the entry is of a part of a batch, it extends that of an earlier
// part.
func addEntry(tx *writeTx, e store.Entry, now time.Time, part bool) error {
	if e.Audit.Begun.IsZero() {
		e.Audit.Begun = now
	}
	e.Node = tx.node
	class := e.Class()
	name := historyBucket(class)
	b := tx.Bucket(name)
	if k, v, err := joined(b, e, part); k != nil || err != nil {
		if err != nil {
			return err
		}
		more := len(v) - len(b.Get(k))
		if err := tx.put(name, k, v); err != nil {
			return err
		}
		return prune(tx, e.Account, class, 0, more, now)
	}
	v, err := appendEntry(nil, e)
	if err != nil {
		return err
	}
	number, err := tx.next(bucketHistory) // of all classes, which are read together
	if err != nil {
		return err
	}
	k := entryKey(store.Mark{Account: e.Account, Begun: e.Audit.Begun.UnixNano(), Number: ^uint32(number)})
	if err := tx.put(name, k, v); err != nil {
		return err
	}
	return prune(tx, e.Account, class, 1, len(k)+len(v), now)
}

// A size is that of one class of an account's history.
type size struct{ entries, bytes int }

// decodeSizes decodes a record of bucketHistorySizes. That of nil is zero. A record of an
// older schema has fewer classes, because later ones were added at the end.
func decodeSizes(v []byte) (all [store.Classes]size, err error) {
	if v == nil {
		return all, nil
	}
	for i := range all {
		if i > 0 && len(v) == 0 {
			break
		}
		for _, field := range []*int{&all[i].entries, &all[i].bytes} {
			number, n := binary.Uvarint(v)
			if n <= 0 {
				return all, errEntry
			}
			*field, v = int(number), v[n:]
		}
	}
	return all, nil
}

// putSizes writes the sizes of an account's history, if it has any.
func putSizes(tx *writeTx, account store.AccountID, all [store.Classes]size) error {
	if all == [store.Classes]size{} {
		return tx.Bucket(bucketHistorySizes).Delete(accountKey(account))
	}
	var v []byte
	for _, s := range all {
		v = binary.AppendUvarint(binary.AppendUvarint(v, uint64(s.entries)), uint64(s.bytes))
	}
	return tx.Bucket(bucketHistorySizes).Put(accountKey(account), v)
}

// roomToPrune is how many more records a transaction of a replica must be able to write
// so that it prunes: the next ones do the rest.
const roomToPrune = 32

// prune deletes the entries of an account and a class that exceed the bounds, oldest
// first, after they have grown by that many entries and bytes.
func prune(tx *writeTx, account store.AccountID, class store.Class, entries, more int, now time.Time) error {
	key := accountKey(account)
	all, err := decodeSizes(tx.Bucket(bucketHistorySizes).Get(key))
	if err != nil {
		return err
	}
	s := size{all[class].entries + entries, all[class].bytes + more}
	maxEntries, maxBytes := class.Bounds()
	oldest := entryKey(store.Mark{Account: account, Begun: now.Add(-store.HistoryAge).UnixNano()})
	name := historyBucket(class)
	c := tx.Bucket(name).Cursor()
	for {
		k, v := c.Seek(key)
		if !bytes.HasPrefix(k, key) {
			s = size{}
			break
		}
		within := s.entries <= maxEntries && s.bytes <= maxBytes && string(k) > string(oldest)
		if within || tx.room() < roomToPrune {
			break
		}
		s = size{s.entries - 1, s.bytes - len(k) - len(v)}
		if err := tx.delete(name, k); err != nil {
			return err
		}
	}
	all[class] = s
	return putSizes(tx, account, all)
}

// pruneAll deletes expired entries of all accounts, including removed ones.
func pruneAll(tx *writeTx, now time.Time) error {
	var accounts []store.AccountID
	_ = tx.Bucket(bucketHistorySizes).ForEach(func(k, _ []byte) error {
		accounts = append(accounts, accountID(k))
		return nil
	})
	for _, id := range accounts {
		for class := range store.Class(store.Classes) {
			if err := prune(tx, id, class, 0, 0, now); err != nil {
				return err
			}
		}
	}
	return nil
}
