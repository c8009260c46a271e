package bolt

import (
	"bytes"
	"fmt"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A derivation writes records of the truth that were decided elsewhere, and what follows
// from them: the phones of each account, the ends of holds, the order and the tokens of
// files, the sizes of histories, and the count of phones. The counts in bucketUsage and
// bucketFileSpaces are records of the truth, because they stand beside an account's budget
// of new phones, and beside its tokens, which do not follow from anything.
type derivation struct {
	tx     *writeTx
	phones int // to be added to the count
	sizes  map[store.AccountID]*[store.Classes]size
	// What is also kept in memory has changed.
	accounts, unregistered bool
}

func newDerivation(tx *writeTx) *derivation {
	return &derivation{tx: tx, sizes: map[store.AccountID]*[store.Classes]size{}}
}

// write writes one record, and what follows from it until finish.
func (d *derivation) write(w Write) error {
	var bucket, k []byte
	if w.Key != "" {
		bucket, k = truthBuckets[w.Key[0]], []byte(w.Key[1:])
	}
	if bucket == nil || len(k) == 0 || !inTruth(bucket, k) {
		return fmt.Errorf("bolt: a record that this version does not know: %q", w.Key)
	}
	was := d.tx.Bucket(bucket).Get(k)
	var err error
	switch w.Key[0] {
	case 'a':
		d.accounts = true
	case 'm':
		d.unregistered = d.unregistered || bytes.Equal(k, keyDefault)
	case 'p':
		err = d.phone(k, was, w.Value)
	case 'f':
		err = moveOrdered(d.tx, k, was, w.Value)
	case 'g':
		err = moveTokens(d.tx, k, was, w.Value)
	case 'h':
		err = d.hold(k, was, w.Value)
	case 'w':
		err = d.entry(store.AboutFiles, k, was, w.Value)
	case 'x':
		err = d.entry(store.AboutAccounts, k, was, w.Value)
	case 'y':
		err = d.entry(store.AboutPhones, k, was, w.Value)
	case 'z':
		err = d.entry(store.FromStrangers, k, was, w.Value)
	}
	if err != nil {
		return err
	}
	if w.Value == nil {
		return d.tx.delete(bucket, k)
	}
	return d.tx.put(bucket, k, w.Value)
}

// finish writes what follows from all records together.
func (d *derivation) finish() error {
	for id, all := range d.sizes {
		if err := putSizes(d.tx, id, *all); err != nil {
			return err
		}
	}
	return countPhones(d.tx, d.phones)
}

func (d *derivation) phone(k, was, is []byte) error {
	mac, err := keyMAC(k)
	if err != nil {
		return err
	}
	from, _, err := ownerOf(was)
	if err != nil {
		return err
	}
	to, _, err := ownerOf(is)
	if err != nil {
		return err
	}
	switch {
	case was == nil && is != nil:
		d.phones++
	case was != nil && is == nil:
		d.phones--
	}
	return moveOwned(d.tx, mac, from, to)
}

func (d *derivation) hold(k, was, is []byte) error {
	mac, err := keyMAC(k)
	if err != nil {
		return err
	}
	_, from, err := ownerOf(was)
	if err != nil {
		return err
	}
	_, to, err := ownerOf(is)
	if err != nil {
		return err
	}
	return moveHoldEnd(d.tx, mac, from, to)
}

func (d *derivation) entry(class store.Class, k, was, is []byte) (err error) {
	if len(k) != 16 {
		return errEntry
	}
	id := accountID(k)
	all := d.sizes[id]
	if all == nil {
		all = new([store.Classes]size)
		if *all, err = decodeSizes(d.tx.Bucket(bucketHistorySizes).Get(accountKey(id))); err != nil {
			return err
		}
		d.sizes[id] = all
	}
	if was != nil {
		all[class].entries--
		all[class].bytes -= len(k) + len(was)
	}
	if is != nil {
		all[class].entries++
		all[class].bytes += len(k) + len(is)
	}
	return nil
}

func keyMAC(k []byte) (macaddr.Addr, error) {
	if len(k) != 6 {
		return macaddr.Addr{}, errRecord
	}
	mac, err := macaddr.From6([6]byte(k))
	if err != nil {
		return mac, errRecord
	}
	return mac, nil
}

// ownerOf returns the owner and the time in the record of a phone or a hold, or nothing
// if there is none.
func ownerOf(v []byte) (store.AccountID, time.Time, error) {
	if v == nil {
		return 0, time.Time{}, nil
	}
	owner, second, _, err := decodeOwner(v)
	return owner, second, err
}
