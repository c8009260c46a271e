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
		if c, _ := r.table.Peek(mac); nobodys(c) {
			n, _ := r.tries.Peek(mac)
			all = append(all, store.Tried{Contact: c, Times: n})
		}
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b store.Tried) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), b.At.Compare(a.At), macaddr.Addr.Compare(a.MAC, b.MAC))
	})
	return all
}

// count counts a contact if its phone is not registered.
func (r *Recorder) count(c store.Contact) {
	if nobodys(c) {
		n, _ := r.tries.Peek(c.MAC)
		r.tries.Add(c.MAC, n+1)
	} else {
		r.tries.Remove(c.MAC)
	}
}

// nobodys reports whether a contact is of a phone that was not registered.
func nobodys(c store.Contact) bool {
	return c.Answer == store.Unregistered || c.Answer == store.ToDefault
}
