package contacts

import (
	"net/netip"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// A fetched is a version of a file that a phone has fetched.
type fetched struct {
	mac     macaddr.Addr
	name    store.FileName
	version int64 // Unix seconds
}

// Fetched records that a phone requested a file, from an address: it becomes the Fetched
// of the phone's last contact, which else stays as it is. owner is the account whose file
// it is, if the phone is registered by it; if 0, nothing is recorded, because anybody can
// make up MACs. Fetched does no disk I/O.
//
// Watchers are told of each refused request, and of a phone's first of a version: with a
// contact that has no Answer. They may be told again after many others.
func (r *Recorder) Fetched(mac macaddr.Addr, from netip.Addr, owner store.AccountID, f store.Fetch) {
	f.Owner = owner
	c := store.Contact{MAC: mac, Owner: owner, Fetched: f}
	r.mu.Lock()
	if owner != 0 {
		r.save(c) // without room, the Store has failed for long
	}
	again := false
	if !f.Refused {
		key := fetched{mac, f.Name.Fold(), f.Version.Unix()}
		if _, again = r.reported.Get(key); !again {
			r.reported.Add(key, struct{}{})
		}
	}
	r.mu.Unlock()
	if !again {
		c.At, c.From = f.At, from
		r.tell(c)
	}
}
