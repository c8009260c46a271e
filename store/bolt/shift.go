package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// keepTime believes a jump of the machine's clock if it can be, and moves with it what
// would end.
func (db *DB) keepTime() error {
	_, ahead := db.clock.read()
	if ahead == 0 || !db.clock.believable(ahead) {
		return nil
	}
	if db.config.Truth != nil {
		// What would end is that of all replicas, whose clocks may be right.
		db.clock.believe()
		return nil
	}
	return db.update(false, func(tx *writeTx) error {
		if err := shift(tx, ahead); err != nil {
			return err
		}
		tx.OnCommit(db.clock.believe)
		return nil
	})
}

// shift moves the ends of all holds, claims and old tokens of files, and the accounts'
// budgets of new phones: each has as much time left as before.
func shift(tx *writeTx, by time.Duration) error {
	return errors.Join(shiftHolds(tx, by), shiftClaims(tx, by), shiftUsage(tx, by), shiftTokens(tx, by))
}

func shiftHolds(tx *writeTx, by time.Duration) error {
	var all []store.Phone
	err := tx.Bucket(bucketHolds).ForEach(func(k, _ []byte) error {
		if len(k) != 6 {
			return errRecord
		}
		mac, err := macaddr.From6([6]byte(k))
		if err != nil {
			return errRecord
		}
		p, err := getHold(tx.Tx, mac)
		all = append(all, p)
		return err
	})
	if err != nil || len(all) == 0 {
		return err
	}
	if err := tx.DeleteBucket(bucketHoldEnds); err != nil {
		return err
	}
	ends, err := tx.CreateBucket(bucketHoldEnds)
	if err != nil {
		return err
	}
	for _, p := range all {
		p.HeldUntil = p.HeldUntil.Add(by).Truncate(time.Second)
		b := p.MAC.As6()
		v := binary.AppendVarint(binary.AppendUvarint(nil, uint64(p.Owner)), p.HeldUntil.Unix())
		if err := errors.Join(tx.put(bucketHolds, b[:], v), ends.Put(holdEnd(p.HeldUntil, p.MAC), nil)); err != nil {
			return err
		}
	}
	return nil
}

func shiftClaims(tx *writeTx, by time.Duration) error {
	return shiftRecords(tx, bucketClaims, func(c *store.Claim) {
		c.Made, c.Until = c.Made.Add(by), c.Until.Add(by)
	})
}

func shiftUsage(tx *writeTx, by time.Duration) error {
	return shiftRecords(tx, bucketUsage, func(u *store.Usage) {
		if !u.NewAt.IsZero() {
			u.NewAt = u.NewAt.Add(by)
		}
	})
}

// shiftRecords changes all records of a bucket, which are JSON.
func shiftRecords[T any](tx *writeTx, bucket []byte, change func(*T)) error {
	var keys, values [][]byte // a bucket must not change while it is read
	err := tx.Bucket(bucket).ForEach(func(k, v []byte) error {
		var r T
		if err := json.Unmarshal(v, &r); err != nil {
			return err
		}
		change(&r)
		v, err := json.Marshal(r)
		keys, values = append(keys, k), append(values, v)
		return err
	})
	for i := range keys {
		err = errors.Join(err, tx.put(bucket, keys[i], values[i]))
	}
	return err
}
