package etcd

import (
	"context"
	"errors"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
	"snomredirect/store/bolt"
)

// sendContacts sends what is unsent, every few seconds. While etcd can't be reached, it
// waits in silence: nobody needs contacts to work.
func (n *Node) sendContacts(ctx context.Context, own Contacts) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			n.sendAll(ctx, own, true)
		case <-ctx.Done():
			return
		}
	}
}

// sendAll sends what is unsent, one request after the other, until one fails or the budget is
// used up. If it rests in between, changes are delayed less.
func (n *Node) sendAll(ctx context.Context, own Contacts, rests bool) {
	macs := n.sharing.waiting()
	for len(macs) > 0 && ctx.Err() == nil && n.state.refusing(time.Now()) == nil {
		batch := macs[:min(len(macs), sendTogether)]
		macs = macs[len(batch):]
		begun := time.Now()
		if !n.sharing.budget.AllowN(begun, len(batch)) || !n.send(ctx, own, batch) {
			return
		}
		if rests {
			rest(ctx, time.Since(begun))
		}
	}
}

// send lets etcd have what is stored of phones, and reports whether it can go on.
func (n *Node) send(ctx context.Context, own Contacts, macs []macaddr.Addr) bool {
	taken := n.sharing.take(macs)
	var writes []write
	for mac, deleted := range taken {
		switch c, err := own.Stored(mac); {
		case err == nil:
			writes = append(writes, write{key: contactKey(mac), value: bolt.EncodeContact(c)})
		case errors.Is(err, store.ErrNotFound) && deleted:
			writes = append(writes, write{key: contactKey(mac)})
		}
	}
	if len(writes) == 0 {
		return true
	}
	err := n.putContacts(ctx, writes)
	if err == nil {
		return true
	}
	n.config.Log.Debug("contacts", "error", err)
	if !errors.Is(err, errTooMany) && !errors.Is(err, errTooLarge) {
		n.sharing.giveBack(taken)
		return false
	}
	if len(macs) == 1 { // it will never be sent
		return true
	}
	n.sharing.giveBack(taken)
	half := len(macs) / 2
	return n.send(ctx, own, macs[:half]) && n.send(ctx, own, macs[half:])
}

func (n *Node) putContacts(ctx context.Context, writes []write) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	begun := time.Now()
	_, err := n.keys.swap(ctx, change{writes: writes})
	n.config.Requested(requestContacts, time.Since(begun), err)
	return err
}

// rest waits after some work, for longer if that took longer.
func rest(ctx context.Context, took time.Duration) {
	select {
	case <-time.After(max(sendRest*took, leastRest)):
	case <-ctx.Done():
	}
}

// mergeContacts stores what is received, and reads what was not.
func (n *Node) mergeContacts(ctx context.Context, own Contacts) {
	for {
		wait := mergeEvery
		if err := n.mergeOnce(ctx, own); err != nil {
			n.config.Log.Debug("contacts", "error", err)
			n.sharing.setUnread(true)
			wait = sendEvery
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

func (n *Node) mergeOnce(ctx context.Context, own Contacts) error {
	if err := n.merge(own, n.sharing.received()); err != nil {
		return err
	}
	if !n.sharing.setUnread(false) {
		return nil
	}
	if err := n.state.refusing(time.Now()); err != nil {
		return err
	}
	begun := time.Now()
	total, err := n.windows(ctx, contactLetter[0], 0, func(_, _ string, records []bolt.Write) error {
		page := make([]store.Contact, 0, len(records))
		for _, r := range records {
			if c, ok := contactIn(r.Key, r.Value); ok {
				page = append(page, c)
			}
		}
		begun := time.Now()
		if err := errors.Join(n.merge(own, page), n.merge(own, n.sharing.received())); err != nil {
			return err
		}
		rest(ctx, time.Since(begun))
		return ctx.Err()
	})
	if err == nil {
		n.config.Log.Debug("contacts were read from etcd", "contacts", total, "took", time.Since(begun))
	}
	return err
}

// merge stores contacts of other nodes. What is later here, etcd lacks: another node did not
// know it when it wrote.
func (n *Node) merge(own Contacts, all []store.Contact) error {
	later, err := own.Merge(all)
	n.sharing.note(later, false)
	return err
}
