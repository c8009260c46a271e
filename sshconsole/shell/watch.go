package shell

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// Contacts wait here for a watcher: those of all phones to be looked at, which is
// quick, and those to be shown for one who reads slowly.
const (
	heardAhead   = 4096
	watchedAhead = 256
)

// watch shows phones as they call, until Ctrl-C or q: one's own, or for an
// operator all.
func watch(c *call) error {
	var only macaddr.Addr
	if c.args[0] != "" {
		var err error
		if only, err = c.mac(c.args[0]); err != nil {
			return err
		}
	}
	_, inVain := c.options["unregistered"]
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
	heard := make(chan store.Contact, heardAhead)
	stop := c.Contacts.Watch(func(contact store.Contact) {
		if only.IsValid() && contact.MAC != only || inVain && contact.Answer != store.Unregistered {
			return
		}
		queue(heard, contact)
	})
	defer stop()
	watched, broken := make(chan store.Contact, watchedAhead), make(chan error, 1)
	go func() {
		ok := c.Guard("watch", func() { // what is not the caller's is neither shown nor missed
			for {
				select {
				case <-ctx.Done():
					return
				case contact := <-heard:
					if c.by.Operates() || c.owns(contact.MAC) {
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
				return refused(codeForbidden, "You are no operator any more: WATCH again shows your own phones.")
			}
			c.answer(watchedObject{contact.MAC, newContactObject(contact)}, "%s %v %s\n", timestamp(contact.At), contact.MAC, contactText(contact))
		}
		if n := missed.Swap(0); n > 0 {
			c.notify(fmt.Sprintf("%s missed: they came faster than they are read.", plural(int(n), "contact was", "contacts were")))
		}
		if c.out.Flush() != nil {
			return nil // the caller reads no further
		}
	}
}

// owns reports whether a phone is registered by the caller.
func (c *call) owns(mac macaddr.Addr) bool {
	phone, err := c.Registry.Phone(mac)
	return err == nil && phone.Owner == c.by.ID && !phone.Held()
}

type watchedObject struct {
	MAC macaddr.Addr `json:"mac"`
	*contactObject
}
