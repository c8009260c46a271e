package shell

import (
	"cmp"
	"errors"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// takenBy words for an operator why a change was refused because of the account that has
// the phone, and what to do. It returns nil for partners, who never learn whose phone it
// is, and if the refusal has another reason.
func (c *call) takenBy(mac macaddr.Addr, out store.Result) error {
	if !c.by.Operates() || out.Prev.Owner == 0 {
		return nil
	}
	had, err := c.owner(out.Prev)
	if err != nil {
		return err
	}
	name := cmp.Or(had.Name, "a removed account")
	switch held := out.Prev.Held(); {
	case errors.Is(out.Err, store.ErrTaken) && held:
		return refused(codeTaken, "%v is on hold for %s: FREE %v lets any account register it.", mac, name, mac)
	case errors.Is(out.Err, store.ErrTaken):
		return refused(codeTaken, "%v is registered by %s: TRANSFER %v %s moves it.", mac, name, mac, cmp.Or(c.options["account"], string(c.by.Name)))
	case errors.Is(out.Err, store.ErrNotFound) && held:
		return refused(codeNotFound, "%v is not registered, but on hold for %s: FREE %v ends the hold.", mac, name, mac)
	case errors.Is(out.Err, store.ErrNotHeld):
		return refused(codeNotFound, "%v is registered by %s: DEREGISTER %v first.", mac, name, mac)
	}
	return nil
}
