package contacts

import (
	"snomredirect/macaddr"
	"snomredirect/store"
)

// Stored returns the contact of a phone that is stored, or store.ErrNotFound. Only such
// contacts are for other nodes: anybody can make up those that are only in memory.
func (r *Recorder) Stored(mac macaddr.Addr) (c store.Contact, err error) {
	err = errPanicked
	r.config.Guard("contacts", func() { c, err = r.config.Store.Contact(mac) })
	return c, err
}

// Merge stores what other nodes know of phones where it is later than what is known here, and
// returns the phones of which something later is stored here. The contacts are sorted by
// MAC, and no MAC appears twice. Merge waits for the disk.
func (r *Recorder) Merge(all []store.Contact) (later []macaddr.Addr, err error) {
	for len(all) > 0 {
		batch := all[:min(len(all), maxBatch)]
		all = all[len(batch):]
		var some []macaddr.Addr
		err = errPanicked
		r.config.Guard("contacts", func() { some, err = r.config.Store.MergeContacts(batch) })
		if err != nil {
			return later, err
		}
		later = append(later, some...)
		r.forgetOlder(batch)
	}
	return later, nil
}

// forgetOlder deletes contacts from the table that are older than stored ones, which they
// would hide.
func (r *Recorder) forgetOlder(batch []store.Contact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range batch {
		if here, ok := r.table.Peek(c.MAC); ok && c.At.After(here.At) {
			r.table.Remove(c.MAC)
		}
	}
}
