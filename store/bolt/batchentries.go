package bolt

import (
	"errors"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// putEntries writes the batch to the history of each account whose phones it
// changed.
func (d draft) putEntries(tx *writeTx) error {
	type group struct { // of phones, for one entry
		account, other store.AccountID
		away           bool
	}
	var groups []group // in the order of their first phones
	macs := map[group][]macaddr.Addr{}
	was := map[group]store.URL{} // which all phones of the group had, or the zero URL
	add := func(g group, mac macaddr.Addr) {
		if macs[g] == nil {
			groups = append(groups, g)
		}
		macs[g] = append(macs[g], mac)
	}
	replaced := func(r store.Result) (url store.URL) {
		if registered(r.Prev) && r.Prev.URL != r.Next.URL {
			url = r.Prev.URL
		}
		return url
	}
	for _, i := range d.sorted {
		prev, next := d.results[i].Prev, d.results[i].Next
		mac := d.Changes[i].MAC
		switch from, to := prev.Owner, next.Owner; {
		case prev == next:
		case from == to, from == 0:
			g, url := group{account: to}, replaced(d.results[i])
			if macs[g] == nil {
				was[g] = url
			} else if was[g] != url {
				was[g] = store.URL{}
			}
			add(g, mac)
		case to == 0:
			add(group{account: from}, mac)
		default:
			add(group{from, to, true}, mac)
			add(group{to, from, false}, mac)
		}
	}
	for _, g := range groups {
		e := store.Entry{Account: g.account, Audit: d.Audit, MACs: macaddr.Ranges(macs[g]), Away: g.away, Was: was[g]}
		for id, name := range map[store.AccountID]*store.Name{g.account: &e.Name, g.other: &e.Other} {
			a, err := getAccount(tx.Tx, id)
			if err != nil && !errors.Is(err, store.ErrNoAccount) { // a hold may outlive its account
				return err
			}
			*name = a.Name
		}
		if err := addEntry(tx, e, d.now, d.part); err != nil {
			return err
		}
	}
	return nil
}
