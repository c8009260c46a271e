package etcd

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// Contacts are the last contacts of phones that a node stores. They are not part of the truth:
// a node writes those of its own phones to etcd every few seconds, on no condition, and
// stores those of all others. What etcd lacks while it can't be reached is written later.
type Contacts interface {
	// Stored returns the stored contact of a phone, or store.ErrNotFound.
	Stored(macaddr.Addr) (store.Contact, error)
	// Merge stores contacts of other nodes where they are later than what is stored: see
	// [store.Contact.Latest]. It returns the phones of which something later is stored
	// than given. They are sorted by MAC, and no MAC appears twice.
	Merge([]store.Contact) (later []macaddr.Addr, err error)
}

// Intervals and bounds of contacts. What is beyond maxUnsent is sent when the phone calls
// again, and what is beyond maxUnmerged is read again.
const (
	sendEvery    = 10 * time.Second
	mergeEvery   = time.Second
	sendTogether = 100 // contacts in one request
	sendRest     = 3   // times as long as a request took, the next one waits, so that changes go first
	leastRest    = 10 * time.Millisecond
	lastSend     = time.Second // that the end waits for contacts
	sendRate     = 200         // contacts a second at length: each is kept by etcd until it compacts, and anybody can make requests
	sendBurst    = maxUnsent   // contacts that were saved up
	maxUnsent    = 1 << 18     // phones, of some 50 bytes each
	maxUnmerged  = 1 << 16     // contacts, of some 350 bytes each
	maxAhead     = time.Minute // that another node's clock can be ahead
)

// A sharing is what is still to be shared.
type sharing struct {
	mu       sync.Mutex
	on       bool
	unsent   map[macaddr.Addr]bool          // whose contact in etcd is not what is stored here; true if it may be none
	sent     macaddr.Addr                   // the last one that was taken, so that phones that always wait delay no others
	budget   *rate.Limiter                  // of what is sent
	unmerged map[macaddr.Addr]store.Contact // of other nodes, to be stored here
	unread   bool                           // etcd may have more than that
}

// ShareContacts shares contacts with the other nodes until stop, which writes what is still
// to be written, as far as that is possible in a second.
func (n *Node) ShareContacts(own Contacts) (stop func()) {
	n.sharing.begin()
	ctx, end := context.WithCancel(n.ctx)
	var group sync.WaitGroup
	group.Go(func() { n.sendContacts(ctx, own) })
	group.Go(func() { n.mergeContacts(ctx, own) })
	return func() {
		end()
		group.Wait()
		ctx, end := context.WithTimeout(n.ctx, lastSend)
		defer end()
		n.sendAll(ctx, own, false)
	}
}

// ContactsStored notes that contacts of phones were stored that others don't have. It returns
// at once.
func (n *Node) ContactsStored(macs []macaddr.Addr) { n.sharing.note(macs, false) }

// ContactsDeleted notes that contacts were deleted because their phones are no longer
// registered. It returns at once.
func (n *Node) ContactsDeleted(macs []macaddr.Addr) { n.sharing.note(macs, true) }

func (s *sharing) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on, s.unread = true, true
	s.budget = rate.NewLimiter(sendRate, sendBurst)
	s.unsent, s.unmerged = map[macaddr.Addr]bool{}, map[macaddr.Addr]store.Contact{}
}

// note notes that contacts in etcd are not what is stored here, or was deleted here.
func (s *sharing) note(macs []macaddr.Addr, deleted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on {
		return
	}
	for _, mac := range macs {
		s.add(mac, deleted)
	}
}

// add is note, with the lock held.
func (s *sharing) add(mac macaddr.Addr, deleted bool) {
	if was, waits := s.unsent[mac]; waits || len(s.unsent) < maxUnsent {
		s.unsent[mac] = was || deleted
	}
}

// waiting returns the phones that are unsent, sorted, but first those after the last one that
// was taken.
func (s *sharing) waiting() []macaddr.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.SortedFunc(maps.Keys(s.unsent), macaddr.Addr.Compare)
	i, found := slices.BinarySearchFunc(all, s.sent, macaddr.Addr.Compare)
	if found {
		i++
	}
	return slices.Concat(all[i:], all[:i])
}

// take returns those phones that are unsent, before they are sent: what is stored later is
// then noted again.
func (s *sharing) take(macs []macaddr.Addr) map[macaddr.Addr]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := make(map[macaddr.Addr]bool, len(macs))
	for _, mac := range macs {
		if deleted, ok := s.unsent[mac]; ok {
			taken[mac], s.sent = deleted, mac
			delete(s.unsent, mac)
		}
	}
	return taken
}

// giveBack notes again what was taken.
func (s *sharing) giveBack(taken map[macaddr.Addr]bool) {
	for mac, deleted := range taken {
		s.note([]macaddr.Addr{mac}, deleted)
	}
}

// receive takes what the watch tells of contacts, so that changes don't wait for them. It
// returns at once.
func (s *sharing) receive(records []record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		if !s.on {
			return
		}
		c, ok := contactIn(r.key, r.value)
		if !ok {
			continue
		}
		waits, ok := s.unmerged[c.MAC]
		if !ok && len(s.unmerged) >= maxUnmerged {
			s.unread = true
			return
		}
		if c.Latest(waits) != c { // etcd has only c now
			s.add(c.MAC, false)
		}
		s.unmerged[c.MAC] = waits.Latest(c)
	}
}

// received returns what was received since, sorted.
func (s *sharing) received() []store.Contact {
	s.mu.Lock()
	all := s.unmerged
	s.unmerged = map[macaddr.Addr]store.Contact{}
	s.mu.Unlock()
	return slices.SortedFunc(maps.Values(all), func(a, b store.Contact) int { return a.MAC.Compare(b.MAC) })
}

// setUnread notes whether etcd may have more than was received, and returns what was noted before.
func (s *sharing) setUnread(unread bool) (was bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, s.unread = s.unread, unread
	return was
}

func contactKey(mac macaddr.Addr) string {
	b := mac.As6()
	return contactLetter + string(b[:])
}

// contactIn returns the contact in a record. Records of newer versions of the program are
// none: their nodes have them.
func contactIn(key string, value []byte) (c store.Contact, ok bool) {
	b, ok := strings.CutPrefix(key, contactLetter)
	if !ok || len(b) != 6 || value == nil {
		return c, false
	}
	mac, err := macaddr.From6([6]byte([]byte(b)))
	if err != nil {
		return c, false
	}
	if c, err = bolt.DecodeContact(mac, value); err != nil {
		return c, false
	}
	// Otherwise nothing would be later until then.
	now := time.Now().UTC()
	if c.At.After(now.Add(maxAhead)) {
		c.At = now.Truncate(time.Millisecond)
	}
	if c.Fetched.At.After(now.Add(maxAhead)) {
		c.Fetched.At = now.Truncate(time.Second)
	}
	return c, true
}
