package bolt

import (
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A hold is kept by MAC, with its owner and end, and a second time by its end,
// so that those which are over are found.

// getHold returns the zero Phone where mac is not held. A hold that is over may
// still be there.
func getHold(tx *bbolt.Tx, mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	v := tx.Bucket(bucketHolds).Get(b[:])
	if v == nil {
		return store.Phone{}, nil
	}
	owner, until, rest, err := decodeOwner(v)
	if err != nil || len(rest) > 0 {
		return store.Phone{}, errRecord
	}
	return store.Phone{MAC: mac, Owner: owner, HeldUntil: until}, nil
}

func putHold(tx *bbolt.Tx, p store.Phone) error {
	b := p.MAC.As6()
	v := binary.AppendVarint(binary.AppendUvarint(nil, uint64(p.Owner)), p.HeldUntil.Unix())
	return errors.Join(
		tx.Bucket(bucketHolds).Put(b[:], v),
		tx.Bucket(bucketHoldEnds).Put(holdEnd(p.HeldUntil, p.MAC), nil))
}

func deleteHold(tx *bbolt.Tx, p store.Phone) error {
	b := p.MAC.As6()
	return errors.Join(
		tx.Bucket(bucketHolds).Delete(b[:]),
		tx.Bucket(bucketHoldEnds).Delete(holdEnd(p.HeldUntil, p.MAC)))
}

// dropHolds forgets up to most of the holds that are over: more than a change
// can add, so that they never pile up.
func dropHolds(tx *bbolt.Tx, now time.Time, most int) error {
	c := tx.Bucket(bucketHoldEnds).Cursor()
	over := holdEnd(now, macaddr.Addr{})[:8]
	for range most {
		k, _ := c.First()
		if k == nil || string(k[:8]) > string(over) {
			return nil
		}
		mac, err := macaddr.From6([6]byte(k[8:]))
		if err != nil {
			return errRecord
		}
		end := time.Unix(int64(binary.BigEndian.Uint64(k)), 0).UTC()
		if held, err := getHold(tx, mac); err != nil {
			return err
		} else if held.HeldUntil.Equal(end) { // and not held anew
			b := mac.As6()
			if err := tx.Bucket(bucketHolds).Delete(b[:]); err != nil {
				return err
			}
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

func holdEnd(end time.Time, mac macaddr.Addr) []byte {
	b := mac.As6()
	return append(binary.BigEndian.AppendUint64(nil, uint64(end.Unix())), b[:]...)
}
