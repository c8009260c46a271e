package shell

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/contacts"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// Bounds of WATCH's queues.
const (
	maxArrived = 4096 // contacts that wait for the look at their owner, which is quick
	maxWatched = 256  // contacts that wait to be shown to a client that reads slowly
)

// watch shows the caller's phones, or for an operator all, as they call, until
// Ctrl-C or q.
func watch(c *call) error {
	var only macaddr.Addr
	state := stateRegistered // of the only one
	if c.args[0] != "" {
		mac, err := c.mac(c.args[0])
		if err != nil {
			return err
		}
		k, err := c.look(mac)
		if err != nil {
			return err
		}
		only, state = mac, k.object.State
	}
	_, unregistered := c.options["unregistered"]
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	var missed atomic.Int64
	queue := func(to chan<- store.Contact, contact store.Contact) {
		select {
		case to <- contact:
		default:
			missed.Add(1)
		}
	}
	arrived, watched := make(chan store.Contact, maxArrived), make(chan store.Contact, maxWatched)
	stop := c.Contacts.Watch(func(contact store.Contact) {
		noFile := contact.Answer == store.Unregistered || contact.Answer == store.Refused
		nobodys := contact.Answer == store.ToDefault || contact.Answer == store.Withheld && contact.Owner == 0
		if only.IsValid() && contact.MAC != only || unregistered && !noFile && !nobodys {
			return
		}
		switch {
		case c.by.Operates(), contact.Owner == c.by.ID:
			queue(watched, contact)
		case contact.Answer == 0: // another account's file
		case only.IsValid() && contact.Owner == 0 && (contact.Answer == store.Unregistered || contact.Answer == store.ToDefault): // as SHOW shows it
			contact.From = netip.Addr{}
			queue(watched, contact)
		case contact.Owner == 0 && contact.Answer != store.Unregistered && contact.Answer != store.ToDefault: // the owner was not looked up
			select {
			case arrived <- contact:
			default: // not counted as missed: almost all are other accounts'
			}
		}
	})
	defer stop()
	broken := make(chan error, 1)
	go func() {
		ok := c.Guard("watch", func() { // other accounts' phones are neither shown nor counted as missed
			for {
				select {
				case <-ctx.Done():
					return
				case contact := <-arrived:
					if c.owns(contact.MAC) {
						queue(watched, contact)
					}
				}
			}
		})
		if !ok {
			broken <- errors.New("watching panicked")
		}
	}()
	c.TakeKeys(func(key byte) bool {
		quit := key == 'q' || key == 'Q'
		if quit {
			cancel()
		}
		return quit
	})
	defer c.TakeKeys(nil)
	c.notify(fmt.Sprintf("Watching %s: press %s to stop.", c.watched(only, state, unregistered), map[bool]string{true: "q or Ctrl-C", false: "Ctrl-C"}[c.Width() > 0]))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.Stopping:
			return nil
		case err := <-broken:
			return err
		case contact := <-watched:
			if by, err := c.Account(); err != nil {
				return err
			} else if c.by.Operates() && !by.Operates() {
				return refused(codeForbidden, "You are no longer an operator: WATCH again to see your own phones.")
			}
			c.answer(watchedObject{contact.MAC, contacts.NewObject(contact), contacts.NewFetched(contact.Fetched)}, "%s %v %s\n", wording.Timestamp(contact.At), contact.MAC, contact.String())
		}
		if n := missed.Swap(0); n > 0 {
			c.notify(fmt.Sprintf("%s missed: they came faster than they were read.", wording.Plural(int(n), "contact was", "contacts were")))
		}
		if c.out.Flush() != nil {
			return nil // the client reads no further
		}
	}
}

// watched names whom WATCH shows.
func (c *call) watched(only macaddr.Addr, state phoneState, unregistered bool) string {
	switch {
	case only.IsValid() && unregistered:
		return only.String() + " while it is unregistered"
	case only.IsValid() && c.by.Operates():
		return only.String()
	case only.IsValid() && state == stateTaken:
		return only.String() + " while it is yours, but now another account has it"
	case only.IsValid() && state != stateRegistered:
		return only.String() + ", which is not registered"
	case only.IsValid():
		return only.String() + " while it is yours"
	case unregistered:
		return "unregistered phones"
	case c.by.Operates():
		return "all phones"
	}
	return "your phones"
}

// owns reports whether the caller has registered a phone.
func (c *call) owns(mac macaddr.Addr) bool {
	phone, err := c.Registry.Phone(mac)
	return err == nil && phone.Owner == c.by.ID && !phone.Held()
}

type watchedObject struct {
	MAC macaddr.Addr `json:"mac"`
	*contacts.Object
	Fetched *contacts.Fetched `json:"fetched,omitempty"`
}
