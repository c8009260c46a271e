package contacts

import (
	"time"

	"snomredirect/macaddr"
)

const (
	pruneEvery = 24 * time.Hour // from the end of the table to its next beginning
	prunePage  = 5_000          // phones that are looked up between two writes
)

// prune deletes a page of what is stored of phones that are no longer registered, and
// goes on with the next page when it is called again.
func (r *Recorder) prune(now time.Time) error {
	if r.config.Registered == nil || now.Before(r.pruneAt) {
		return nil
	}
	page, err := r.config.Store.Phones(r.pruned, prunePage)
	if err != nil {
		return err
	}
	var gone []macaddr.Addr
	for _, mac := range page {
		registered, err := r.config.Registered(mac)
		if err != nil {
			return err
		}
		if !registered {
			gone = append(gone, mac)
		}
	}
	if len(gone) > 0 {
		if err := r.config.Store.DeleteContacts(gone); err != nil {
			return err
		}
		r.config.Deleted(gone)
	}
	if len(page) < prunePage {
		r.pruned, r.pruneAt = macaddr.Addr{}, now.Add(pruneEvery)
		return nil
	}
	r.pruned = page[len(page)-1]
	return nil
}
