package shell

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// memoryContacts are contacts in memory.
type memoryContacts struct {
	mu       sync.Mutex
	last     map[macaddr.Addr]store.Contact
	watchers map[int]func(store.Contact)
	n        int
}

func (m *memoryContacts) Contact(mac macaddr.Addr) (store.Contact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.last[mac]
	if !ok {
		return c, store.ErrNotFound
	}
	return c, nil
}

func (m *memoryContacts) Watch(onContact func(store.Contact)) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.watchers == nil {
		m.watchers = map[int]func(store.Contact){}
	}
	id := m.n
	m.n++
	m.watchers[id] = onContact
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watchers, id)
	}
}

func (m *memoryContacts) record(c store.Contact) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		m.last = map[macaddr.Addr]store.Contact{}
	}
	m.last[c.MAC] = c
	for _, onContact := range m.watchers {
		onContact(c)
	}
}

// contactOf returns a contact of a snom360 some time ago.
func contactOf(mac string, ago time.Duration, answer store.Answer) store.Contact {
	return store.Contact{MAC: macaddr.MustParse(mac), At: time.Now().Add(-ago).UTC(), From: netip.MustParseAddr("192.0.2.20"), Model: "snom360", Firmware: "7.3.14", Answer: answer}
}

func TestShowReportsTheLastContact(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4 2e5", "(?s).*")
	h.says("acme", "show 2e4", "(?s).*\nLast contact:   none yet\n")
	h.contacts.record(contactOf("0004132202E4", -time.Second, store.Redirected))
	when := `\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`
	h.says("acme", "show 2e4", "(?s).*\nLast contact:   "+when+` from 192\.0\.2\.20: snom360 with firmware 7\.3\.14, redirected`+"\n")
	h.says("acme", "show 2e4 --json", `.*"last_contact":\{"at":"[^"]*Z","from":"192.0.2.20","model":"snom360","firmware":"7.3.14","proven":false,"answer":"redirected"\}\}`+"\n")
	h.says("olga", "show 2e4", "(?s).* from 192.*")
	h.says("bravo", "show 2e4", "MAC: .*\nModel: .*\nState:          registered by another account\n")
	doubted := contactOf("0004132202E5", -time.Second, store.Redirected)
	doubted.OtherMAC, doubted.OtherModel = true, true
	h.contacts.record(doubted)
	h.says("acme", "show 2e5", "(?s).*redirected, its User-Agent names another MAC and another model\n")

	// A certificate proves the MAC, or contradicts it.
	for want, contact := range map[string]store.Contact{
		"proven, redirected":                                   {Answer: store.Redirected, Proven: true},
		"withheld, its certificate is another phone's":         {Answer: store.Withheld, OtherCertificate: true},
		"withheld, no certificate proves its MAC":              {Answer: store.Withheld},
		"proven, redirected, its User-Agent names another MAC": {Answer: store.Redirected, Proven: true, OtherMAC: true},
	} {
		contact.MAC, contact.At = macaddr.MustParse("0004132202E5"), time.Now().Add(time.Second)
		h.contacts.record(contact)
		h.says("acme", "show 2e5", "(?s).*UTC "+want+"\n")
		h.says("acme", "show 2e5 --json", fmt.Sprintf(`.*"proven":%v,"answer":"%v".*\n`, contact.Proven, contact.Answer))
	}

	// A contact from before the registration is shown like one of an unregistered
	// phone.
	h.contacts.record(contactOf("0004132202E5", 30*time.Minute, store.Redirected))
	h.says("acme", "show 2e5", "(?s).*\nLast contact:   "+when+" snom360 with firmware 7\\.3\\.14, redirected\n")
	h.contacts.record(contactOf("0004132202E5", 48*time.Hour, store.Redirected))
	h.says("acme", "show 2e5", "(?s).*\nLast contact:   none yet\n")

	// An unregistered phone's contact is shown for an hour, and never its address.
	h.contacts.record(contactOf("0004132202E6", 59*time.Minute, store.Unregistered))
	h.contacts.record(contactOf("0004132202E7", 61*time.Minute, store.Unregistered))
	for _, who := range []store.Name{"bravo", "olga"} {
		h.says(who, "show 2e6", "(?s).*State:          not registered\nLast contact:   "+when+` snom360 with firmware 7\.3\.14, unregistered`+"\n")
		h.says(who, "show 2e6 --json", `.*"last_contact":\{"at":"[^"]*Z","model":"snom360","firmware":"7.3.14","proven":false,"answer":"unregistered"\}\}`+"\n")
		h.says(who, "show 2e7", "MAC: .*\nModel: .*\nState:          not registered\n")
	}
}

// The contact of a phone that was another account's is that account's and operators'.
func TestContactOfAnotherOwner(t *testing.T) {
	h := newHouse(t)
	acme, err := h.registry.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	h.says("acme", "register 2e4", "(?s).*")
	contact := contactOf("0004132202E4", -time.Second, store.Redirected)
	contact.Owner = acme.ID
	h.contacts.record(contact)
	seen, unseen := `(?s).*from 192\.0\.2\.20: snom360.*`, "(?s).*\nLast contact:   none yet\n"
	h.says("acme", "show 2e4", seen)
	h.says("olga", "transfer 2e4 bravo", "(?s).*")
	h.says("bravo", "show 2e4", unseen)
	h.says("bravo", "list --silent 7d", "0004132202E4\n")
	h.says("olga", "show 2e4", seen)
	h.says("bravo", "deregister 2e4", "(?s).*")
	h.says("olga", "free 2e4", "(?s).*")
	h.says("bare", "show 2e4", "MAC: .*\nModel: .*\nState:          not registered\n")
	h.says("bravo", "register 2e4", "(?s).*")
	h.says("bravo", "show 2e4", unseen)
	h.says("olga", "transfer 2e4 acme", "(?s).*")
	h.says("acme", "show 2e4", seen)

	// If the store failed, nobody knows whose phone it was.
	contact.Owner, contact.Answer = 0, store.Refused
	h.contacts.record(contact)
	h.says("acme", "show 2e4", "(?s).*UTC snom360 with firmware 7\\.3\\.14, refused\n")
}

// SHOW shows the last scan for a phone to its owner and to operators.
func TestShowReportsTheLastScan(t *testing.T) {
	h := newHouse(t)
	acme, err := h.registry.AccountNamed("acme")
	if err != nil {
		t.Fatal(err)
	}
	h.says("acme", "register 2e4 2e5", "(?s).*")
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	mac := macaddr.MustParse("0004132202E4")
	err = h.registry.(*bolt.DB).AddEntries([]store.Entry{{Account: acme.ID, MACs: macaddr.Ranges([]macaddr.Addr{mac}),
		Audit: store.Audit{Begun: begun, RemoteAddr: "198.51.100.7", Command: store.CommandScan, Detail: "among 200 requests for unknown MACs"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []store.Name{"acme", "olga"} {
		h.says(who, "show 2e4", "(?s).*\nScan:           2026-01-02 03:04:05 UTC from 198\\.51\\.100\\.7, among 200 requests for unknown MACs\n")
		h.says(who, "show 2e4 --json", `.*"scan":\{"at":"2026-01-02T03:04:05Z","from":"198.51.100.7","detail":"among 200 requests for unknown MACs"\}\}`+"\n")
		h.says(who, "show 2e5", "(?s).*contact:   none yet\n")
	}
	h.says("bravo", "show 2e4", "MAC: .*\nModel: .*\nState:          registered by another account\n")
	h.says("acme", "history 2e4", `(?s).*the service from 198\.51\.100\.7: SCAN 0004132202E4 among 200 requests for unknown MACs\n`)
	h.says("olga", "transfer 2e4 bravo", "(?s).*")
	h.says("bravo", "show 2e4", "(?s).*contact:   none yet\n")
}

func TestListOfSilentPhones(t *testing.T) {
	h := newHouse(t)
	h.says("acme", "register 2e4-2e6", "(?s).*")
	h.contacts.record(contactOf("0004132202E4", 8*24*time.Hour, store.Redirected))
	h.contacts.record(contactOf("0004132202E5", 6*24*time.Hour, store.Redirected))
	h.says("acme", "list --silent 7d", "0004132202E4\n0004132202E6\n")
	h.says("acme", "list --silent 1w snom190", "0004132202E4\n0004132202E6\n")
	h.says("acme", "count --silent 100h", "3\n")
	h.says("acme", "count --silent 9d", "1\n") // no contact at all
	for _, age := range []string{"7", "d", "-1d", "0d", "1.5d", "''", "99999999999999d", "7days"} {
		h.refuses("acme", "list --silent "+age, StatusMisunderstood, "expected a time such as 7d, 36h or 90m.")
	}
}
