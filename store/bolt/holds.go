package bolt

import (
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A hold is stored twice: by MAC, as appendPhone does, and by its end, so that expired
// holds can be found.

// getHold returns the phone on hold, or the zero Phone if mac is not on hold. It
// may return an expired hold.
func getHold(tx *bbolt.Tx, mac macaddr.Addr) (store.Phone, error) {
	b := mac.As6()
	v := tx.Bucket(bucketHolds).Get(b[:])
	if v == nil {
		return store.Phone{}, nil
	}
	return decodeHold(b[:], v)
}

func (n counts) putHold(tx *writeTx, p store.Phone) error {
	b := p.MAC.As6()
	ended, err := getHold(tx.Tx, p.MAC) // an earlier one that was not dropped yet
	if err != nil {
		return err
	}
	if ended.Owner != 0 {
		n.of(ended.Owner).held--
	}
	n.of(p.Owner).held++
	return errors.Join(
		tx.put(bucketHolds, b[:], appendPhone(nil, p)),
		moveHoldEnd(tx, p.MAC, ended.HeldUntil, p.HeldUntil))
}

func (n counts) deleteHold(tx *writeTx, p store.Phone) error {
	n.of(p.Owner).held--
	b := p.MAC.As6()
	return errors.Join(
		tx.delete(bucketHolds, b[:]),
		moveHoldEnd(tx, p.MAC, p.HeldUntil, time.Time{}))
}

// moveHoldEnd moves the end of a hold. The zero time is none.
func moveHoldEnd(tx *writeTx, mac macaddr.Addr, from, to time.Time) (err error) {
	if !from.IsZero() {
		err = tx.Bucket(bucketHoldEnds).Delete(holdEnd(from, mac))
	}
	if !to.IsZero() && err == nil {
		err = tx.Bucket(bucketHoldEnds).Put(holdEnd(to, mac), nil)
	}
	return err
}

// dropHolds deletes up to limit expired holds. Each batch drops more than it can
// add, so they never pile up; one of a replica as many as the truth can write with it.
func (n counts) dropHolds(tx *writeTx, now time.Time, limit int) error {
	c := tx.Bucket(bucketHoldEnds).Cursor()
	latest := holdEnd(now, macaddr.Addr{})[:8]
	for range limit {
		k, _ := c.First()
		if k == nil || string(k[:8]) > string(latest) {
			return nil
		}
		mac, err := macaddr.From6([6]byte(k[8:]))
		if err != nil {
			return errRecord
		}
		end := time.Unix(int64(binary.BigEndian.Uint64(k)), 0).UTC()
		if held, err := getHold(tx.Tx, mac); err != nil {
			return err
		} else if held.HeldUntil.Equal(end) { // otherwise the phone is on hold again
			n.of(held.Owner).held--
			b := mac.As6()
			if err := tx.delete(bucketHolds, b[:]); err != nil {
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
