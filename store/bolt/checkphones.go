package bolt

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// mac returns a MAC in a key as problems name it.
func mac(key []byte) string { return strings.ToUpper(hex.EncodeToString(key)) }

// checkPhones counts the phones, and checks that each is among those of its owner.
func (c *check) checkPhones() {
	var owned []byte // made once, because there may be millions of phones
	c.Phones = c.each(bucketPhones, 6, func(k, v []byte) {
		p, err := decodePhone(k, v)
		if err != nil || !isURL([]byte(p.URL.String())) || !isNote(p.Note) {
			c.add("the record of phone %s is damaged", mac(k))
			return
		}
		owned = append(binary.BigEndian.AppendUint32(owned[:0], uint32(p.Owner)), k...)
		if !c.has(bucketOwned, owned) {
			c.add("phone %s is missing among the phones of %s", mac(k), c.name(p.Owner))
		}
		t := c.accounts[p.Owner]
		if t == nil {
			c.add("phone %s is registered by %s, which does not exist", mac(k), c.name(p.Owner))
			return
		}
		t.phones++
		if p.URL.IsZero() && !t.server {
			c.add("phone %s has no setting server, and neither has %s", mac(k), t.name)
		}
	})
}

func (c *check) checkOwned() {
	c.each(bucketOwned, 10, func(k, _ []byte) {
		id := accountID(k)
		owner, _, _, err := decodeOwner(c.get(bucketPhones, k[4:]))
		switch {
		case !c.has(bucketPhones, k[4:]):
			c.add("phone %s is among the phones of %s, and is not registered", mac(k[4:]), c.name(id))
		case err == nil && owner != id: // else checkPhones has reported it
			c.add("phone %s is among the phones of %s, and is registered by %s", mac(k[4:]), c.name(id), c.name(owner))
		}
	})
}

// checkHolds counts the holds, and checks that each is found by its end.
func (c *check) checkHolds() {
	c.Holds = c.each(bucketHolds, 6, func(k, v []byte) {
		held, err := decodeHold(k, v)
		if err != nil || !isURL([]byte(held.URL.String())) || !isNote(held.Note) {
			c.add("the record of phone %s, which is on hold, is damaged", mac(k))
			return
		}
		if t := c.accounts[held.Owner]; t != nil { // a hold may outlive its account
			t.held++
		}
		if !c.has(bucketHoldEnds, holdEnd(held.HeldUntil, held.MAC)) {
			c.add("phone %s is on hold for %s and is missing among the ends of holds", mac(k), c.name(held.Owner))
		}
		// A hold that has ended may be deleted later than the phone is registered again.
		if p, err := decodePhone(k, c.get(bucketPhones, k)); err == nil && held.HeldUntil.After(c.now) && held.HeldUntil.After(p.Registered) {
			c.add("phone %s is on hold for %s, and is registered by %s", mac(k), c.name(held.Owner), c.name(p.Owner))
		}
	})
}

// checkHoldEnds checks that the phones of ends in the future are on hold until then. An
// end in the past may be that of an earlier hold, and is deleted with the next changes.
func (c *check) checkHoldEnds() {
	c.each(bucketHoldEnds, 14, func(k, _ []byte) {
		end := time.Unix(int64(binary.BigEndian.Uint64(k)), 0)
		_, until, _, err := decodeOwner(c.get(bucketHolds, k[8:]))
		if !end.After(c.now) || err == nil && until.Equal(end) {
			return
		}
		c.add("the end of a hold of phone %s is stored, and it is not on hold until then", mac(k[8:]))
	})
}
