package bolt

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Change carries out an order in one transaction and tells what became of each
// of its changes, in their order. store.ErrNoAccount where an account that the
// order names is gone; what a rule refuses is told in the outcomes alone.
//
// It takes some 300 bytes for each change while it runs: 50,000 is a good size.
func (db *DB) Change(o store.Order) (outcomes []store.Outcome, err error) {
	err = db.updateMany(o.Cause.DryRun, max(1, len(o.Changes)), func(tx *bbolt.Tx) error {
		outcomes, err = db.change(tx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

func (db *DB) change(tx *bbolt.Tx, o store.Order) ([]store.Outcome, error) {
	by, err := getAccount(tx, o.Cause.By)
	if err != nil {
		return nil, err
	}
	var owner store.Account
	if o.Kind == store.OrderRegister || o.Kind == store.OrderTransfer {
		if owner, err = getAccount(tx, o.Owner); err != nil {
			return nil, err
		}
	}
	now := time.Now()
	sorted := inOrderOfMAC(o.Changes)
	outcomes := make([]store.Outcome, len(o.Changes))
	refused := false
	for n, i := range sorted {
		mac := o.Changes[i].MAC
		var prev store.Phone
		if n > 0 && o.Changes[sorted[n-1]].MAC == mac {
			prev = outcomes[sorted[n-1]].Next
		} else if prev, err = getPhone(tx, mac); err != nil {
			return nil, err
		}
		outcomes[i] = o.Apply(o.Changes[i], prev, by, owner, db.config.Hold, now)
		refused = refused || outcomes[i].Err != nil
	}
	if refused && o.Atomic {
		return outcomes, putUpload(tx, o.Upload)
	}
	for _, i := range sorted {
		if err := putOutcome(tx, o.Changes[i].MAC, outcomes[i]); err != nil {
			return nil, err
		}
	}
	return outcomes, errors.Join(
		putEntries(tx, o, sorted, outcomes, now),
		dropHolds(tx, now, 2*len(sorted)+16),
		putUpload(tx, o.Upload))
}

// inOrderOfMAC returns the indices of changes in the order of their MACs: pages
// are written that are near each other. Those of one MAC keep their order.
func inOrderOfMAC(changes []store.Change) []int {
	sorted := make([]int, len(changes))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortFunc(sorted, func(i, j int) int {
		return cmp.Or(changes[i].MAC.Compare(changes[j].MAC), cmp.Compare(i, j))
	})
	return sorted
}

// putOutcome writes what has changed of a phone.
func putOutcome(tx *bbolt.Tx, mac macaddr.Addr, out store.Outcome) error {
	prev, next := out.Prev, out.Next
	if prev == next {
		return nil
	}
	was, is := prev.Owner != 0 && !prev.Held(), next.Owner != 0 && !next.Held()
	var errs [6]error
	b := mac.As6()
	if was && (!is || prev.Owner != next.Owner) {
		errs[0] = tx.Bucket(bucketOwned).Delete(ownedKey(prev.Owner, mac))
	}
	if was && !is {
		errs[1] = tx.Bucket(bucketPhones).Delete(b[:])
	}
	if prev.Held() {
		errs[2] = deleteHold(tx, prev)
	}
	if is {
		errs[3] = tx.Bucket(bucketPhones).Put(b[:], appendPhone(nil, next))
	}
	if is && (!was || prev.Owner != next.Owner) {
		errs[4] = tx.Bucket(bucketOwned).Put(ownedKey(next.Owner, mac), nil)
	}
	if next.Held() {
		errs[5] = putHold(tx, next)
	}
	return errors.Join(errs[:]...)
}

// putEntries writes the order into the history of each account that it changed
// phones of.
func putEntries(tx *bbolt.Tx, o store.Order, sorted []int, outcomes []store.Outcome, now time.Time) error {
	type story struct {
		whose, other store.AccountID
		away         bool
	}
	var stories []story // in the order of their first phones
	macs := map[story][]macaddr.Addr{}
	tell := func(s story, mac macaddr.Addr) {
		if macs[s] == nil {
			stories = append(stories, s)
		}
		macs[s] = append(macs[s], mac)
	}
	for _, i := range sorted {
		prev, next := outcomes[i].Prev, outcomes[i].Next
		mac := o.Changes[i].MAC
		switch from, to := prev.Owner, next.Owner; {
		case prev == next:
		case from == to:
			tell(story{whose: to}, mac)
		case from == 0:
			tell(story{whose: to}, mac)
		case to == 0:
			tell(story{whose: from}, mac)
		default:
			tell(story{from, to, true}, mac)
			tell(story{to, from, false}, mac)
		}
	}
	for _, s := range stories {
		e := store.Entry{Account: s.whose, Cause: o.Cause, MACs: macaddr.Ranges(macs[s]), Away: s.away}
		for id, name := range map[store.AccountID]*store.Name{s.whose: &e.Name, s.other: &e.Other} {
			a, err := getAccount(tx, id)
			if err != nil && !errors.Is(err, store.ErrNoAccount) { // a hold may outlive its account
				return err
			}
			*name = a.Name
		}
		if err := putEntry(tx, e, now); err != nil {
			return err
		}
	}
	return nil
}
