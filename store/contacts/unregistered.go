package contacts

import (
	"cmp"
	"slices"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Unregistered returns the unregistered phones whose contacts are in memory, those
// with the most requests first: up to 65,536 phones, since the start of the service.
func (r *Recorder) Unregistered() []store.Tried {
	r.mu.Lock()
	var all []store.Tried
	for _, mac := range r.table.Keys() {
		if last, _ := r.table.Peek(mac); nobodys(last.Contact) {
			all = append(all, last)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b store.Tried) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), b.At.Compare(a.At), macaddr.Addr.Compare(a.MAC, b.MAC))
	})
	return all
}

// count returns a contact with the number of requests of its phone since it was last
// redirected, if it is not registered.
func (r *Recorder) count(c store.Contact) store.Tried {
	if !nobodys(c) {
		return store.Tried{Contact: c}
	}
	last, _ := r.table.Peek(c.MAC)
	return store.Tried{Contact: c, Times: last.Times + 1}
}

// nobodys reports whether a contact is of a phone that was not registered.
func nobodys(c store.Contact) bool {
	return c.Answer == store.Unregistered || c.Answer == store.ToDefault
}
