package etcd

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
	"snomredirect/store/contacts"
)

// shared is how long it takes at most until a contact is known on all nodes: what a Recorder
// takes to write it, what its node takes to send it, and what others take to merge it.
const shared = 5*time.Second + sendEvery + mergeEvery + time.Second

func phone(i int) macaddr.Addr { return macaddr.MustParse(fmt.Sprintf("00041300%04X", i)) }

func contact(i int, answer store.Answer) store.Contact {
	return store.Contact{MAC: phone(i), At: time.Now().UTC().Truncate(time.Millisecond), From: netip.MustParseAddr("192.0.2.7"), Protocol: store.HTTP,
		Model: "snom360", Firmware: "7.3.14", Answer: answer, Owner: 2}
}

// recorder returns a Recorder that shares its contacts by a node until the test ends, as the
// service has one.
func recorder(t *testing.T, n *Node, registered func(macaddr.Addr) (bool, error)) (r *contacts.Recorder, stop func()) {
	t.Helper()
	file, err := bolt.OpenContacts(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r = contacts.New(contacts.Config{Store: file, Registered: registered, Stored: n.ContactsStored, Deleted: n.ContactsDeleted})
	end := n.ShareContacts(r)
	stop = func() {
		r.Close()
		end()
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	return r, stop
}

// sharingNodes runs a test with nodes that share their contacts.
func sharingNodes(t *testing.T, test func(t *testing.T, m *memory, nodes []*Node, recorders []*contacts.Recorder)) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		var recorders []*contacts.Recorder
		for _, n := range nodes {
			r, stop := recorder(t, n, nil)
			defer stop()
			recorders = append(recorders, r)
		}
		test(t, m, nodes, recorders)
	})
}

// contactsIn returns how many contacts etcd has, and how often one was written or deleted.
func (m *memory) contactsIn() (now, writes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.records {
		if strings.HasPrefix(key, contactLetter) {
			now++
		}
	}
	for _, r := range m.log {
		if strings.HasPrefix(r.key, contactLetter) {
			writes++
		}
	}
	return now, writes
}

func wantContact(t *testing.T, r *contacts.Recorder, want store.Contact) {
	t.Helper()
	if got, err := r.Contact(want.MAC); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

// A contact of one node is soon known on all, also on one that starts later, and is written
// to etcd once. What is only in memory is not shared.
func TestSharedContacts(t *testing.T) {
	sharingNodes(t, func(t *testing.T, m *memory, nodes []*Node, recorders []*contacts.Recorder) {
		var all []store.Contact
		for i := range 250 {
			all = append(all, contact(i, store.Redirected))
			recorders[i%3].Record(all[i])
		}
		for i, answer := range []store.Answer{store.Unregistered, store.Withheld, store.Refused, store.ToDefault} {
			recorders[0].Record(contact(1000+i, answer))
		}
		time.Sleep(shared)
		for _, r := range recorders {
			for _, c := range all {
				wantContact(t, r, c)
			}
			if known := r.Knows(phone(0), store.SourceOf(all[0].From)); !known {
				t.Error("the phone's source is unknown")
			}
		}
		time.Sleep(5 * shared)
		if now, writes := m.contactsIn(); now != len(all) || writes != len(all) {
			t.Errorf("etcd has %d contacts after %d writes; want %d", now, writes, len(all))
		}
		d := m.node(t, t.TempDir(), "d", 0)
		defer d.Close()
		r, stop := recorder(t, d, nil)
		defer stop()
		time.Sleep(mergeEvery)
		for _, c := range all {
			wantContact(t, r, c)
		}
		time.Sleep(5 * shared)
		if _, writes := m.contactsIn(); writes != len(all) {
			t.Errorf("%d writes", writes)
		}
	})
}

// If nodes know parts of a phone's contact, in the end all nodes and etcd have the latest of
// each.
func TestContactsOfOnePhone(t *testing.T) {
	sharingNodes(t, func(t *testing.T, m *memory, nodes []*Node, recorders []*contacts.Recorder) {
		for range 3 {
			_, before := m.contactsIn()
			want := contact(1, store.Redirected)
			recorders[0].Record(want)
			time.Sleep(time.Second)
			want.Fetched = store.Fetch{Name: "snom360.htm", At: time.Now().UTC().Truncate(time.Second), Owner: 2}
			recorders[1].Fetched(want.MAC, want.From, 2, want.Fetched)
			time.Sleep(time.Second)
			recorders[2].Record(contact(1, store.Unregistered))
			time.Sleep(3 * shared)
			for _, r := range recorders[:2] {
				wantContact(t, r, want)
			}
			if got, err := recorders[2].Stored(want.MAC); err != nil || got != want {
				t.Errorf("%+v, %v", got, err)
			}
			m.mu.Lock()
			got, ok := contactIn(contactKey(want.MAC), m.records[contactKey(want.MAC)].value)
			m.mu.Unlock()
			if !ok || got != want {
				t.Errorf("etcd has %+v", got)
			}
			if _, writes := m.contactsIn(); writes-before > 5 {
				t.Errorf("%d writes", writes-before)
			}
		}
	})
}

// While etcd is away, phones wait for nothing, and what it lacks is sent when it is back.
func TestContactsWhileAway(t *testing.T) {
	sharingNodes(t, func(t *testing.T, m *memory, nodes []*Node, recorders []*contacts.Recorder) {
		m.set(func() { m.gone = true })
		begun := time.Now()
		recorders[0].Record(contact(1, store.Redirected))
		if took := time.Since(begun); took != 0 {
			t.Errorf("a phone waited for %v", took)
		}
		time.Sleep(time.Hour)
		last := contact(1, store.Redirected)
		recorders[0].Record(last)
		time.Sleep(time.Hour)
		m.set(func() { m.gone = false })
		time.Sleep(2 * shared)
		for _, r := range recorders {
			wantContact(t, r, last)
		}
		if _, writes := m.contactsIn(); writes != 1 {
			t.Errorf("%d writes", writes)
		}
	})
}

// A contact that is not sent yet is sent when the service ends.
func TestContactsAtEnd(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		r, stop := recorder(t, nodes[0], nil)
		r.Record(contact(1, store.Redirected))
		stop()
		if now, _ := m.contactsIn(); now != 1 {
			t.Errorf("etcd has %d contacts", now)
		}
		m.set(func() { m.gone = true })
		r, stop = recorder(t, nodes[1], nil)
		r.Record(contact(2, store.Redirected))
		begun := time.Now()
		if stop(); time.Since(begun) > lastSend {
			t.Errorf("the end took %v", time.Since(begun))
		}
		m.set(func() { m.gone = false })
	})
}

// What is deleted because a phone is no longer registered is deleted in etcd too, and does
// not come back; a phone that called again since stays.
func TestDeletedContacts(t *testing.T) {
	bubble(t, func(t *testing.T, m *memory, nodes []*Node) {
		r, stop := recorder(t, nodes[0], nil)
		for i := range 3 {
			r.Record(contact(i, store.Redirected))
		}
		time.Sleep(shared)
		stop()
		if now, _ := m.contactsIn(); now != 3 {
			t.Fatalf("etcd has %d contacts", now)
		}
		for _, n := range nodes {
			r, stop = recorder(t, n, func(mac macaddr.Addr) (bool, error) { return mac == phone(2), nil })
			defer stop()
		}
		time.Sleep(5 * shared)
		if now, writes := m.contactsIn(); now != 1 || writes != 3+2 {
			t.Errorf("etcd has %d contacts after %d writes", now, writes)
		}
		if c, err := r.Contact(phone(0)); err != store.ErrNotFound {
			t.Errorf("%+v, %v", c, err)
		}
		nodes[0].ContactsDeleted([]macaddr.Addr{phone(2)}) // it has called since
		time.Sleep(shared)
		if now, _ := m.contactsIn(); now != 1 {
			t.Errorf("etcd has %d contacts", now)
		}
	})
}
