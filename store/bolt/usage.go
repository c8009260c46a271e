package bolt

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Usage returns what an account has of its quota, or all accounts together for 0. It
// reads stored counts, however many phones there are. The error is
// store.ErrNoAccount if there is no such account.
func (db *DB) Usage(id store.AccountID) (u store.Usage, err error) {
	err = db.b.View(func(tx *bbolt.Tx) error {
		if id != 0 {
			a, err := getAccount(tx, id)
			if err == nil {
				u, err = db.usage(tx, a, db.clock.now(), math.MaxInt)
			}
			return err
		}
		return tx.Bucket(bucketUsage).ForEach(func(k, _ []byte) error {
			one, err := getUsage(tx, accountID(k))
			u.Phones += one.Phones
			u.Held += one.Held
			return err
		})
	})
	return u, err
}

// usage returns an account's usage at the time now. If it leaves fewer than places,
// holds that have ended but are not dropped yet are not counted: there may be many of
// them, so that is only done where it makes a difference.
func (db *DB) usage(tx *bbolt.Tx, a store.Account, now time.Time, places int) (store.Usage, error) {
	u, err := getUsage(tx, a.ID)
	if err != nil {
		return u, err
	}
	u.Quota = cmp.Or(a.Quota, db.config.Quota)
	if u.Held == 0 || u.Left() >= places {
		return u, nil
	}
	latest := holdEnd(now, macaddr.Addr{})[:8]
	c := tx.Bucket(bucketHoldEnds).Cursor()
	for k, _ := c.First(); k != nil && string(k[:8]) <= string(latest); k, _ = c.Next() {
		mac, err := macaddr.From6([6]byte(k[8:]))
		if err != nil {
			return u, errRecord
		}
		held, err := getHold(tx, mac)
		if err != nil {
			return u, err
		}
		if held.Owner == a.ID && uint64(held.HeldUntil.Unix()) == binary.BigEndian.Uint64(k) {
			u.Held--
		}
	}
	return u, nil
}

func getUsage(tx *bbolt.Tx, id store.AccountID) (u store.Usage, err error) {
	v := tx.Bucket(bucketUsage).Get(accountKey(id))
	if v == nil { // it has never had a phone
		return u, nil
	}
	if err := json.Unmarshal(v, &u); err != nil {
		return u, fmt.Errorf("bolt: the usage of account %d is damaged: %w", id, err)
	}
	return u, nil
}

func putUsage(tx *writeTx, id store.AccountID, u store.Usage) error {
	v, err := json.Marshal(u)
	return errors.Join(err, tx.put(bucketUsage, accountKey(id), v))
}

// counts are the changes of the stored counts in one transaction.
type counts struct {
	draft
	more map[store.AccountID]*delta
}

// A delta is what is to be added to an account's usage.
type delta struct{ phones, held int }

func newCounts(d draft) counts { return counts{d, map[store.AccountID]*delta{}} }

func (n counts) of(id store.AccountID) *delta {
	c := n.more[id]
	if c == nil {
		c = new(delta)
		n.more[id] = c
	}
	return c
}

// write adds the counts to those of the accounts and to that of all phones. Holds may
// outlive their account, whose usage is gone.
func (n counts) write(tx *writeTx) error {
	total := 0
	for id, c := range n.more {
		total += c.phones
		if tx.Bucket(bucketAccounts).Get(accountKey(id)) == nil {
			continue
		}
		u, err := getUsage(tx.Tx, id)
		if err != nil {
			return err
		}
		u.Phones += c.phones
		u.Held += c.held
		if id == n.usageOf {
			u.New, u.NewAt = n.usage.New, n.usage.NewAt
		}
		if err := putUsage(tx, id, u); err != nil {
			return err
		}
	}
	return countPhones(tx, total)
}

// countUsage counts what each account has, for a migration. An account that has more
// than the default quota gets one of its own, with as much room again.
func countUsage(tx *writeTx) error {
	all := map[store.AccountID]store.Usage{}
	add := func(v []byte, phones, held int) error {
		owner, _, _, err := decodeOwner(v)
		u := all[owner]
		u.Phones += phones
		u.Held += held
		all[owner] = u
		return err
	}
	err := errors.Join(
		tx.Bucket(bucketPhones).ForEach(func(_, v []byte) error { return add(v, 1, 0) }),
		tx.Bucket(bucketHolds).ForEach(func(_, v []byte) error { return add(v, 0, 1) }))
	if err != nil {
		return err
	}
	for id, u := range all {
		a, err := getAccount(tx.Tx, id)
		if errors.Is(err, store.ErrNoAccount) { // a hold may outlive its account
			continue
		}
		if err == nil && u.Phones+u.Held > store.DefaultQuota {
			a.Quota = min(2*(u.Phones+u.Held), store.MaxQuota)
			err = putAccount(tx, a)
		}
		if err := errors.Join(err, putUsage(tx, id, u)); err != nil {
			return err
		}
	}
	return nil
}
