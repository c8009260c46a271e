package redirect

import (
	"strings"
	"time"

	"snomredirect/macaddr"
	"snomredirect/store"
)

// maxName bounds a model or firmware in a contact, in bytes, because anybody can
// send a longer one. No real name comes close.
const maxName = 32

// contact returns the phone's contact. It shares no memory with the request,
// which may be a thousand times as large and would be kept alive.
func (a *answer) contact(remoteAddr string) store.Contact {
	c := store.Contact{
		MAC:              a.mac,
		From:             store.ClientAddr(remoteAddr),
		At:               time.Now().UTC().Truncate(time.Millisecond),
		Model:            strings.Clone(a.model[:min(len(a.model), maxName)]),
		Answer:           a.outcome.answer(),
		Proven:           a.proven == a.mac,
		OtherCertificate: a.outcome == OtherCertificate,
		OtherMAC:         a.agent.MAC.IsValid() && a.agent.MAC != a.mac,
		OtherModel:       a.agent.Model != "" && !macaddr.SameModel(a.model, a.agent.Model),
	}
	if len(a.agent.Firmware) <= maxName { // cut off, it would be another version
		c.Firmware = strings.Clone(a.agent.Firmware)
	}
	return c
}
