package sshconsole

import (
	"net/netip"
	"sync"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// phoneCalls are contacts that a test makes.
type phoneCalls struct {
	mu       sync.Mutex
	watchers map[int]func(store.Contact)
	n        int
}

func (p *phoneCalls) Contact(macaddr.Addr) (store.Contact, error) {
	return store.Contact{}, store.ErrNotFound
}

func (p *phoneCalls) Watch(onContact func(store.Contact)) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers == nil {
		p.watchers = map[int]func(store.Contact){}
	}
	id := p.n
	p.n++
	p.watchers[id] = onContact
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, id)
	}
}

// call makes a contact of a snom360.
func (p *phoneCalls) call(mac string, answer store.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, onContact := range p.watchers {
		onContact(store.Contact{MAC: macaddr.MustParse(mac), At: time.Now().UTC(), From: netip.MustParseAddr("192.0.2.20"), Model: "snom360", Firmware: "7.3.14", Answer: answer})
	}
}

func (p *phoneCalls) watched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers)
}
