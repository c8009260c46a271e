package etcd

import (
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
	"snomredirect/store/etcd/etcdtest"
)

// keptContacts are contacts in memory, which can fail to be merged.
type keptContacts struct {
	mu    sync.Mutex
	all   map[macaddr.Addr]store.Contact
	fails bool
}

func (k *keptContacts) Stored(mac macaddr.Addr) (store.Contact, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.all[mac]; ok {
		return c, nil
	}
	return store.Contact{}, store.ErrNotFound
}

func (k *keptContacts) Merge(all []store.Contact) (later []macaddr.Addr, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fails {
		return nil, errors.New("disk full")
	}
	for _, c := range all {
		k.all[c.MAC] = k.all[c.MAC].Latest(c)
	}
	return nil, nil
}

// keep keeps contacts of phones, and returns their MACs.
func (k *keptContacts) keep(from, to int) (macs []macaddr.Addr) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := from; i < to; i++ {
		k.all[phone(i)] = contact(i, store.Redirected)
		macs = append(macs, phone(i))
	}
	return macs
}

func (k *keptContacts) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.all)
}

func newKept() *keptContacts { return &keptContacts{all: map[macaddr.Addr]store.Contact{}} }

// Requests with contacts rest in between, and are smaller if etcd takes no more at once.
func TestSendAll(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		k, n := newKept(), nodes[0]
		defer n.ShareContacts(k)()
		m.set(func() { m.maxRecords = 60 })
		n.ContactsStored(k.keep(0, 250))
		begun := time.Now()
		n.sendAll(t.Context(), k, true)
		if took := time.Since(begun); took != 3*leastRest {
			t.Errorf("it took %v", took)
		}
		if now, writes := m.contactsIn(); now != 250 || writes != 250 {
			t.Errorf("etcd has %d contacts after %d writes", now, writes)
		}
		m.set(func() { m.maxBytes = 10 })
		n.ContactsStored(k.keep(250, 350)) // each is too large: they are given up
		n.sendAll(t.Context(), k, false)
		m.set(func() { m.maxBytes = 1 << 20 })
		if now, _ := m.contactsIn(); now != 250 || len(n.sharing.waiting()) != 0 {
			t.Errorf("etcd has %d contacts, and %d wait", now, len(n.sharing.waiting()))
		}
	})
}

// At length, no more is sent than etcd can keep until it compacts, however often phones make
// requests; and phones that make them all the time delay no others for long.
func TestSendBudget(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		k, n := newKept(), nodes[0]
		defer n.ShareContacts(k)()
		n.sharing.budget.AllowN(time.Now(), sendBurst-100)
		n.ContactsStored(k.keep(0, 300))
		for i, want := range []int{100, 300, 400} {
			n.sendAll(t.Context(), k, true)
			n.ContactsStored(k.keep(0, 100))
			if now, writes := m.contactsIn(); now != min(want, 300) || writes != want {
				t.Errorf("after %d seconds, etcd has %d contacts after %d writes", i, now, writes)
			}
			time.Sleep(200 * time.Second / sendRate)
		}
	})
}

// What waits is bounded: of what others have sent, the rest is read later.
func TestSharingBounds(t *testing.T) {
	s := &sharing{}
	s.begin()
	all := make([]macaddr.Addr, maxUnsent+5)
	for i := range all {
		all[i], _ = macaddr.FromUint64(uint64(i + 1))
	}
	s.note(all, false)
	if n := len(s.waiting()); n != maxUnsent {
		t.Error(n)
	}
	if s.note(all[:1], true); !s.take(all[:1])[all[0]] {
		t.Error("what waits is not noted as deleted")
	}
	for i, want := range map[int]bool{maxUnmerged: false, maxUnmerged + 1: true} {
		s.unmerged, s.unread = map[macaddr.Addr]store.Contact{}, false
		records := make([]record, i)
		v := bolt.EncodeContact(contact(1, store.Redirected))
		for i := range records {
			records[i] = record{key: contactKey(all[i]), value: v}
		}
		s.receive(records)
		s.receive(records[:1])
		if got := s.setUnread(false); got != want || len(s.received()) != maxUnmerged {
			t.Errorf("%d records: to be read: %v", i, got)
		}
	}
}

// What could not be stored, and what the watch has missed, is read.
func TestContactsReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		k := newKept()
		defer nodes[0].ShareContacts(k)()
		put := func(from, to int) {
			var writes []write
			for i := from; i < to; i++ {
				writes = append(writes, write{key: contactKey(phone(i)), value: bolt.EncodeContact(contact(i, store.Redirected))})
			}
			m.set(func() { m.put(writes) })
		}
		wantKept := func(want int) {
			t.Helper()
			if n := k.count(); n != want {
				t.Errorf("%d contacts, want %d", n, want)
			}
		}
		k.mu.Lock()
		k.fails = true
		k.mu.Unlock()
		put(0, 100)
		time.Sleep(time.Minute)
		k.mu.Lock()
		k.fails = false
		k.mu.Unlock()
		time.Sleep(sendEvery + 2*mergeEvery)
		wantKept(100)

		m.set(func() { m.gone = true })
		time.Sleep(10 * time.Second)
		put(100, 200)
		m.set(func() { m.gone, m.compactRev = false, m.revision+2; m.revision += 2 })
		time.Sleep(2 * sendEvery)
		wantKept(200)
	})
}

// Records of newer versions are none, and what is dated later than now is of now.
func TestContactIn(t *testing.T) {
	c := contact(1, store.Redirected)
	c.Fetched = store.Fetch{Name: "a", At: c.At.Truncate(time.Second), Owner: 2}
	v := bolt.EncodeContact(c)
	if got, ok := contactIn(contactKey(c.MAC), v); !ok || got != c {
		t.Errorf("%+v", got)
	}
	newer := append([]byte{0xFF}, v[1:]...)
	for key, v := range map[string][]byte{contactKey(c.MAC): newer, contactKey(c.MAC) + "x": v, contactLetter: v, "p" + contactKey(c.MAC)[1:]: v, contactLetter + "\x00\x00\x00\x00\x00\x00": v} {
		if got, ok := contactIn(key, v); ok {
			t.Errorf("%q: %+v", key, got)
		}
	}
	if _, ok := contactIn(contactKey(c.MAC), nil); ok {
		t.Error("a deletion is a contact")
	}
	c.At, c.Fetched.At = c.At.Add(time.Hour), c.Fetched.At.Add(time.Hour)
	got, ok := contactIn(contactKey(c.MAC), bolt.EncodeContact(c))
	if late := time.Now().Add(time.Second); !ok || got.At.After(late) || got.Fetched.At.After(late) {
		t.Errorf("%v, %v", got.At, got.Fetched.At)
	}
}

// A node that does not share its contacts writes and reads none.
func TestContactsOfOneNode(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		r, stop := recorder(t, nodes[0], nil)
		defer stop()
		r.Record(contact(1, store.Redirected))
		nodes[1].ContactsStored([]macaddr.Addr{phone(2)})
		time.Sleep(shared)
		if s := &nodes[1].sharing; len(s.unsent) != 0 || len(s.unmerged) != 0 {
			t.Errorf("%d to send, %d to merge", len(s.unsent), len(s.unmerged))
		}
		if now, _ := m.contactsIn(); now != 1 {
			t.Errorf("etcd has %d contacts", now)
		}
	})
}

// The same over a real etcd: what one node has sent, another one reads at its start, and is
// told of later. The checksum is the same with contacts and without.
func TestContactsOverEtcd(t *testing.T) {
	url := etcdtest.Start(t, 1)[0].URL
	node := func(name string) *Node {
		n, err := Open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: name, Prefix: "sr1/", Endpoints: []string{url}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		return n
	}
	a, b := node("a"), node("b")
	_, before, err := a.Sum()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := newKept(), newKept()
	send := func(from, to int) {
		stop := a.ShareContacts(ours)
		a.ContactsStored(ours.keep(from, to))
		stop()
	}
	awaitAll := func() {
		t.Helper()
		begun := time.Now()
		for theirs.count() < ours.count() && time.Since(begun) < sendEvery {
			time.Sleep(10 * time.Millisecond)
		}
		theirs.mu.Lock()
		same := maps.Equal(theirs.all, ours.all)
		theirs.mu.Unlock()
		if !same {
			t.Errorf("%d contacts, want %d", theirs.count(), ours.count())
		}
	}
	send(0, 250)
	stop := b.ShareContacts(theirs)
	awaitAll()
	send(250, 500)
	awaitAll()
	stop()
	if _, sum, err := b.Sum(); err != nil || sum != before {
		t.Errorf("%x, %v", sum, err)
	}
}

var _ Contacts = (*contacts.Recorder)(nil)
