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

// Change carries out a batch in one transaction and tells what became of each
// of its changes, in their batch. store.ErrNoAccount where an account that the
// batch names is gone; what a rule refuses is told in the results alone.
//
// It takes some 300 bytes for each change while it runs: 50,000 is a good size.
func (db *DB) Change(o store.Batch) ([]store.Result, error) {
	var d draft
	run := func(tx *bbolt.Tx) (err error) {
		d, err = db.draft(tx, o)
		if err == nil && !o.DryRun {
			err = d.write(tx)
		}
		return err
	}
	var err error
	if o.DryRun { // keeps no writer waiting
		err = db.b.View(run)
	} else {
		err = db.updateMany(max(1, len(o.Changes)), run)
	}
	if err != nil {
		return nil, err
	}
	return d.results, nil
}

// A draft is a batch with all that becomes of it, before it is written.
type draft struct {
	store.Batch
	sorted  []int // the changes in the order of their MACs
	results []store.Result
	refused int // how many of them
	now     time.Time
}

func (db *DB) draft(tx *bbolt.Tx, o store.Batch) (draft, error) {
	d := draft{Batch: o, sorted: inOrderOfMAC(o.Changes), results: make([]store.Result, len(o.Changes)), now: time.Now()}
	by, err := getAccount(tx, o.Audit.Actor)
	if err != nil {
		return d, err
	}
	var owner store.Account
	if o.Rule == store.RuleRegister || o.Rule == store.RuleTransfer {
		if owner, err = getAccount(tx, o.Owner); err != nil {
			return d, err
		}
	}
	for n, i := range d.sorted {
		mac := o.Changes[i].MAC
		var prev store.Phone
		if n > 0 && o.Changes[d.sorted[n-1]].MAC == mac {
			prev = d.results[d.sorted[n-1]].Next
		} else if prev, err = getPhone(tx, mac); err != nil {
			return d, err
		}
		d.results[i] = o.Apply(o.Changes[i], prev, by, owner, db.config.Hold, d.now)
		if d.results[i].Err != nil {
			d.refused++
		}
	}
	return d, nil
}

func (d draft) write(tx *bbolt.Tx) error {
	if d.Job != nil {
		upload := *d.Job
		upload.Failed += d.refused
		d.Job = &upload
	}
	if d.refused > 0 && d.Atomic {
		return putJob(tx, d.Job)
	}
	more := 0
	for _, i := range d.sorted {
		if err := putResult(tx, d.Changes[i].MAC, d.results[i]); err != nil {
			return err
		}
		switch was, is := registered(d.results[i].Prev), registered(d.results[i].Next); {
		case is && !was:
			more++
		case was && !is:
			more--
		}
	}
	return errors.Join(
		countPhones(tx, more),
		d.putEntries(tx),
		dropHolds(tx, d.now, 2*len(d.sorted)+16),
		putJob(tx, d.Job))
}

// inOrderOfMAC returns the indices of changes in the order of their MACs: pages
// are written that are near each other. Those of one MAC keep their batch.
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

// putResult writes what has changed of a phone.
func putResult(tx *bbolt.Tx, mac macaddr.Addr, out store.Result) error {
	prev, next := out.Prev, out.Next
	if prev == next {
		return nil
	}
	was, is := registered(prev), registered(next)
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

// registered reports whether p is in the buckets of phones: held ones are not.
func registered(p store.Phone) bool { return p.Owner != 0 && !p.Held() }

// putEntries writes the order into the history of each account that it changed
// phones of.
func (d draft) putEntries(tx *bbolt.Tx) error {
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
	for _, i := range d.sorted {
		prev, next := d.results[i].Prev, d.results[i].Next
		mac := d.Changes[i].MAC
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
		e := store.Entry{Account: s.whose, Audit: d.Audit, MACs: macaddr.Ranges(macs[s]), Away: s.away}
		for id, name := range map[store.AccountID]*store.Name{s.whose: &e.Name, s.other: &e.Other} {
			a, err := getAccount(tx, id)
			if err != nil && !errors.Is(err, store.ErrNoAccount) { // a hold may outlive its account
				return err
			}
			*name = a.Name
		}
		if err := putEntry(tx, e, d.now); err != nil {
			return err
		}
	}
	return nil
}
