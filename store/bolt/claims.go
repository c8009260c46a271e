package bolt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A storedClaim is a claim with its key. There are so few claims that all are read.
type storedClaim struct {
	store.Claim
	key []byte
}

// Claims returns the open claims, oldest first.
func (db *DB) Claims() (open []store.Claim, err error) {
	now := db.clock.now()
	err = db.b.View(func(tx *bbolt.Tx) error {
		all, err := getClaims(tx)
		for _, c := range all {
			if c.OpenAt(now) {
				open = append(open, c.Claim)
			}
		}
		return err
	})
	return open, err
}

// MakeClaim stores a claim of the actor to a phone, as [store.MakeClaim] makes it.
// If dryRun is set, it stores nothing.
func (db *DB) MakeClaim(audit store.Audit, dryRun bool, mac macaddr.Addr, life time.Duration) (made store.Claim, err error) {
	err = db.update(dryRun, func(tx *writeTx) error {
		now := db.clock.now()
		by, err := getAccount(tx.Tx, audit.Actor)
		if err != nil {
			return err
		}
		prev, err := getPhone(tx.Tx, mac)
		if err != nil {
			return err
		}
		prev = prev.At(now)
		if err := db.taken.check(by, prev); err != nil {
			return err
		}
		stored, err := getClaims(tx.Tx)
		if err != nil {
			return err
		}
		var all []store.Claim
		for _, c := range stored {
			if c.DoneAt(now) {
				err = errors.Join(err, tx.delete(bucketClaims, c.key))
				continue
			}
			all = append(all, c.Claim)
		}
		if err != nil {
			return err
		}
		if made, err = store.MakeClaim(prev, mac, by, all, life, now); err != nil {
			return err
		}
		n, err := tx.next(bucketClaims)
		if err != nil {
			return err
		}
		return errors.Join(
			putClaim(tx, storedClaim{made, binary.BigEndian.AppendUint64(nil, n)}),
			tellBoth(tx, audit, by.ID, prev.Owner, mac, now))
	})
	return made, err
}

// ObjectToClaims records the actor's objection to the open claims to a phone of
// its own. The error is store.ErrNoClaim if there is none that it can object to.
func (db *DB) ObjectToClaims(audit store.Audit, dryRun bool, mac macaddr.Addr) error {
	return db.update(dryRun, func(tx *writeTx) error {
		now := db.clock.now()
		p, err := getPhone(tx.Tx, mac)
		if err != nil {
			return err
		}
		all, err := getClaims(tx.Tx)
		if err != nil {
			return err
		}
		err = store.ErrNoClaim
		for _, c := range all {
			if c.MAC != mac || !c.OpenAt(now) || c.Objected || p.At(now).Owner != audit.Actor {
				continue
			}
			c.Objected = true
			if err = errors.Join(putClaim(tx, c), tellBoth(tx, audit, audit.Actor, c.Claimant, mac, now)); err != nil {
				return err
			}
		}
		return err
	})
}

// DecideClaim ends the open claim of an account to a phone; if grant is set, the
// phone is the claimant's. The actor must be an operator (store.ErrNotOperator).
func (db *DB) DecideClaim(audit store.Audit, dryRun bool, mac macaddr.Addr, claimant store.AccountID, grant bool) error {
	return db.update(dryRun, func(tx *writeTx) error {
		by, err := getAccount(tx.Tx, audit.Actor)
		if err != nil {
			return err
		}
		if !by.Operates() {
			return store.ErrNotOperator
		}
		c, err := db.findClaim(tx.Tx, func(c store.Claim) bool { return c.MAC == mac && c.Claimant == claimant })
		if err != nil {
			return err
		}
		if grant {
			return db.win(tx, audit, c)
		}
		c.Ended = true
		return errors.Join(putClaim(tx, c),
			putEntry(tx, entryOf(tx.Tx, audit, claimant, mac), db.clock.now()))
	})
}

// ProveClaim transfers a phone that has proven its MAC to the account whose open
// claim has this code. If its owner has objected, the proof is kept for an
// operator, and the error is store.ErrNoClaim, as without such a claim. It writes
// nothing unless the code is right.
func (db *DB) ProveClaim(mac macaddr.Addr, code string) error {
	right := func(c store.Claim) bool { return c.MAC == mac && !c.Proven && c.HasCode(code) }
	err := db.b.View(func(tx *bbolt.Tx) error {
		_, err := db.findClaim(tx, right)
		return err
	})
	if err != nil {
		return err
	}
	kept := false
	err = db.update(false, func(tx *writeTx) error {
		c, err := db.findClaim(tx.Tx, right)
		if err != nil {
			return err
		}
		if kept = c.Objected; kept {
			c.Proven, c.Until = true, db.clock.now().UTC().Truncate(time.Second).Add(store.DecisionTime)
			return putClaim(tx, c)
		}
		return db.win(tx, store.Audit{Begun: db.clock.now(), Command: store.CommandClaimProven}, c)
	})
	if err == nil && kept {
		err = store.ErrNoClaim
	}
	return err
}

// win gives a claim's phone to its claimant, and ends all claims to it. The error is
// that of [store.Claim.Win] or [store.Usage.Take].
func (db *DB) win(tx *writeTx, audit store.Audit, c storedClaim) error {
	now := db.clock.now()
	claimant, err := getAccount(tx.Tx, c.Claimant)
	if err != nil {
		return err
	}
	prev, err := getPhone(tx.Tx, c.MAC)
	if err != nil {
		return err
	}
	r := store.Result{Prev: prev.At(now)}
	if r.Next, err = c.Win(r.Prev, claimant, now); err != nil {
		return err
	}
	usage, err := db.usage(tx.Tx, claimant, now, 1)
	if err != nil {
		return err
	}
	if usage, err = usage.Take(r.Prev, r.Next, now); err != nil {
		return err
	}
	if r.Prev.Owner == 0 && prev.Held() { // expired: its record goes as well
		r.Prev = prev
	}
	all, err := getClaims(tx.Tx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.MAC == c.MAC {
			other.Ended = true
			err = errors.Join(err, putClaim(tx, other))
		}
	}
	d := draft{Batch: store.Batch{Audit: audit, Changes: []store.Change{{MAC: c.MAC}}}, sorted: []int{0}, results: []store.Result{r}, usage: usage, usageOf: claimant.ID, now: now}
	return errors.Join(err, d.write(tx))
}

// endClaims deletes the claims of an account.
func endClaims(tx *writeTx, account store.AccountID) error {
	all, err := getClaims(tx.Tx)
	for _, c := range all {
		if c.Claimant == account {
			err = errors.Join(err, tx.delete(bucketClaims, c.key))
		}
	}
	return err
}

// tellBoth writes an entry to the history of the actor, and one without its name
// to that of the other account.
func tellBoth(tx *writeTx, audit store.Audit, actor, other store.AccountID, mac macaddr.Addr, now time.Time) error {
	return errors.Join(
		putEntry(tx, entryOf(tx.Tx, audit, actor, mac), now),
		putEntry(tx, entryOf(tx.Tx, store.Audit{Begun: audit.Begun, Command: audit.Command}, other, mac), now))
}

// entryOf returns an entry for an account, which may be gone.
func entryOf(tx *bbolt.Tx, audit store.Audit, account store.AccountID, mac macaddr.Addr) store.Entry {
	a, _ := getAccount(tx, account)
	return store.Entry{Account: account, Name: a.Name, Audit: audit, MACs: []macaddr.Range{{First: mac, Last: mac}}}
}

// findClaim returns the open claim that is right, or store.ErrNoClaim.
func (db *DB) findClaim(tx *bbolt.Tx, right func(store.Claim) bool) (storedClaim, error) {
	all, err := getClaims(tx)
	for _, c := range all {
		if c.OpenAt(db.clock.now()) && right(c.Claim) {
			return c, err
		}
	}
	return storedClaim{}, errors.Join(err, store.ErrNoClaim)
}

func getClaims(tx *bbolt.Tx) (all []storedClaim, err error) {
	err = tx.Bucket(bucketClaims).ForEach(func(k, v []byte) error {
		c := storedClaim{key: append([]byte(nil), k...)}
		if err := json.Unmarshal(v, &c.Claim); err != nil {
			return fmt.Errorf("bolt: the record of a claim is damaged: %w", err)
		}
		all = append(all, c)
		return nil
	})
	return all, err
}

func putClaim(tx *writeTx, c storedClaim) error {
	v, err := json.Marshal(c.Claim)
	if err != nil {
		return err
	}
	return tx.put(bucketClaims, c.key, v)
}
