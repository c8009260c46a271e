package bolt

import (
	"slices"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// classifyHistories moves the entries of bucketHistory to the buckets of their
// classes, and computes all sizes.
func classifyHistories(tx *bbolt.Tx) error {
	from := tx.Bucket(bucketHistory)
	sizes := map[store.AccountID]*[store.Classes]size{}
	var moved [][]byte
	err := from.ForEach(func(k, v []byte) error {
		e, _, err := decodeEntry(k, v, macaddr.Addr{})
		if err != nil {
			return err
		}
		class, id := e.Class(), accountID(k)
		if sizes[id] == nil {
			sizes[id] = new([store.Classes]size)
		}
		sizes[id][class].entries++
		sizes[id][class].bytes += len(k) + len(v)
		if class == store.AboutPhones {
			return nil
		}
		moved = append(moved, slices.Clone(k))
		return historyOf(tx, class).Put(k, v)
	})
	if err != nil {
		return err
	}
	for _, k := range moved {
		if err := from.Delete(k); err != nil {
			return err
		}
	}
	for id, all := range sizes {
		if err := putSizes(&writeTx{Tx: tx}, id, *all); err != nil {
			return err
		}
	}
	return nil
}
