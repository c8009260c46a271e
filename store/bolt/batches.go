package bolt

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Change runs a batch in one transaction and returns the result of each change,
// in the order of the changes. The error is store.ErrNoAccount if an account that
// the batch names does not exist; changes that a rule refuses are reported only
// in their results.
//
// If the truth can't write so much at once, it is several transactions, except for a
// batch that is Atomic, which fails with store.ErrTooLarge.
//
// Change needs some 300 bytes of memory per change: 50,000 is a good size.
func (db *DB) Change(b store.Batch) ([]store.Result, error) {
	if db.exceeds(b) {
		return db.changeInParts(b)
	}
	results, err := db.changeAtOnce(b, false)
	if db.splits(b, err) {
		return db.changeInParts(b)
	}
	return results, err
}

func (db *DB) changeAtOnce(b store.Batch, part bool) ([]store.Result, error) {
	var d draft
	var err error
	if b.DryRun { // a read transaction blocks no writer
		err = db.b.View(func(tx *bbolt.Tx) (err error) {
			d, err = db.draft(tx, b)
			return err
		})
	} else {
		err = db.updateMany(max(1, len(b.Changes)), func(tx *writeTx) (err error) {
			tx.ask()
			if d, err = db.draft(tx.Tx, b); err != nil {
				return err
			}
			d.part = part
			return d.write(tx)
		})
	}
	if err != nil {
		return nil, err
	}
	return d.results, nil
}

// A draft is a batch with its results, before it is written.
type draft struct {
	store.Batch
	sorted  []int // indices of the changes, sorted by MAC
	results []store.Result
	refused int             // number of refused changes
	usage   store.Usage     // after the batch, of the account usageOf
	usageOf store.AccountID // the new owner, for the rules that have one
	now     time.Time
	part    bool // of a batch
}

func (db *DB) draft(tx *bbolt.Tx, b store.Batch) (draft, error) {
	d := draft{Batch: b, sorted: sortedByMAC(b.Changes), results: make([]store.Result, len(b.Changes)), now: db.clock.now()}
	by, err := getAccount(tx, b.Audit.Actor)
	if err != nil {
		return d, err
	}
	var owner store.Account
	if b.Gives() {
		if owner, err = getAccount(tx, b.Owner); err != nil {
			return d, err
		}
		if d.usage, err = db.usage(tx, owner, d.now, len(b.Changes)); err != nil {
			return d, err
		}
		d.usageOf = owner.ID
	}
	phones := newPhoneReader(tx)
	for n, i := range d.sorted {
		giveWay(n)
		mac := b.Changes[i].MAC
		var prev store.Phone
		if n > 0 && b.Changes[d.sorted[n-1]].MAC == mac {
			prev = d.results[d.sorted[n-1]].Next
		} else if prev, err = phones.get(mac); err != nil {
			return d, err
		}
		d.results[i] = store.Result{Prev: prev, Next: prev}
		if d.results[i].Err = db.taken.check(by, prev.At(d.now)); d.results[i].Err != nil {
			d.refused++
			continue
		}
		d.results[i] = b.Apply(b.Changes[i], prev, by, owner, db.config.Hold, d.now)
		if d.results[i], d.usage = b.Take(d.results[i], d.usage, d.now); d.results[i].Err != nil {
			d.refused++
		}
	}
	return d, nil
}

func (d draft) write(tx *writeTx) error {
	if d.Job != nil {
		job := *d.Job
		job.Failed += d.refused
		d.Job = &job
	}
	if d.refused > 0 && d.Atomic {
		return putJob(tx, d.Job)
	}
	n := newCounts(d)
	for done, i := range d.sorted {
		giveWay(done)
		if err := n.putResult(tx, d.Changes[i].MAC, d.results[i]); err != nil {
			return err
		}
	}
	return errors.Join(
		d.putEntries(tx),
		noteUndo(tx, d.Audit, func(u *store.Undoable) { u.Add(d.Audit.Actor, d.inOrder()) }),
		n.dropHolds(tx, d.now, min(2*len(d.sorted)+16, tx.room()/2)),
		n.write(tx),
		putJob(tx, d.Job))
}

// giveWay lets phones' requests run after every 256 changes of a batch. With one CPU, Go
// would let each of the goroutines of a request wait 10 ms for a large batch.
func giveWay(done int) {
	if done%256 == 255 {
		runtime.Gosched()
	}
}

// inOrder returns the results in the order in which the changes were applied to each
// phone.
func (d draft) inOrder() []store.Result {
	all := make([]store.Result, len(d.sorted))
	for n, i := range d.sorted {
		all[n] = d.results[i]
	}
	return all
}

// sortedByMAC returns the indices of changes, sorted by MAC, so that neighbouring
// pages are written together. Changes of the same MAC keep their order.
func sortedByMAC(changes []store.Change) []int {
	sorted := make([]int, len(changes))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortFunc(sorted, func(i, j int) int {
		return cmp.Or(changes[i].MAC.Compare(changes[j].MAC), cmp.Compare(i, j))
	})
	return sorted
}

// putResult writes what a result changes of a phone.
func (n counts) putResult(tx *writeTx, mac macaddr.Addr, r store.Result) error {
	prev, next := r.Prev, r.Next
	if prev == next {
		return nil
	}
	var from, to store.AccountID
	if registered(prev) {
		from = prev.Owner
	}
	if registered(next) {
		to = next.Owner
	}
	var errs [4]error
	b := mac.As6()
	if from != 0 && from != to {
		n.of(from).phones--
	}
	if from != 0 && to == 0 {
		errs[0] = tx.delete(bucketPhones, b[:])
	}
	if prev.Held() {
		errs[1] = n.deleteHold(tx, prev)
	}
	if to != 0 {
		errs[2] = tx.put(bucketPhones, b[:], appendPhone(nil, next))
	}
	if to != 0 && from != to {
		n.of(to).phones++
	}
	if next.Held() {
		errs[3] = n.putHold(tx, next)
	}
	return errors.Join(errors.Join(errs[:]...), moveOwned(tx, mac, from, to))
}

// moveOwned moves a phone from the phones of one account to those of another. 0 is none.
func moveOwned(tx *writeTx, mac macaddr.Addr, from, to store.AccountID) (err error) {
	if from == to {
		return nil
	}
	if from != 0 {
		err = tx.Bucket(bucketOwned).Delete(ownedKey(from, mac))
	}
	if to != 0 && err == nil {
		err = tx.Bucket(bucketOwned).Put(ownedKey(to, mac), nil)
	}
	return err
}

// registered reports whether p is in the buckets of phones. Phones on hold are not.
func registered(p store.Phone) bool { return p.Owner != 0 && !p.Held() }
